import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { sendDeadLetter } from "../../targets/dead-letter.ts";
import { decideRetry, type ExhaustedCondition } from "../../targets/retry.ts";
import type { Delivery } from "./delivery.ts";
import { type FailureCode, failureOf } from "./failure.ts";
import { measureRule } from "./metrics.ts";
import { ruleArn } from "./rule.ts";

export const DEAD_LETTER = "eventbridge:dead-letter";

/** An event that could not be delivered, on its way to the target's dead-letter queue. */
export interface DeadLetter {
  readonly delivery: Delivery;
  readonly errorCode: FailureCode;
  readonly errorMessage: string;
  /** How often it was tried again. */
  readonly retries: number;
  /** What ended the retries, where there were to be any. */
  readonly exhausted?: ExhaustedCondition;
}

/** Owes the event to the target's dead-letter queue; without one, it is lost. */
export function oweDeadLetter(
  cloud: Cloud,
  tx: WriteTransaction,
  caller: Caller,
  payload: DeadLetter,
): void {
  if (payload.delivery.target.DeadLetterConfig?.Arn === undefined) return;
  cloud.owed.add<DeadLetter>(tx, { kind: DEAD_LETTER, caller, payload });
}

/** Puts a dead letter into its queue, with the retries of every delivery. */
export function buryDeadLetter(cloud: Cloud, owed: Owed<DeadLetter>): Promise<OwedOutcome> {
  return cloud.activity.track(bury(cloud, owed));
}

async function bury(cloud: Cloud, owed: Owed<DeadLetter>): Promise<OwedOutcome> {
  const { caller, payload } = owed;
  const { delivery } = payload;
  const rule = { ...caller, busName: delivery.busName, name: delivery.ruleName };
  try {
    await send(cloud, caller, payload);
    measureRule(cloud, rule, "InvocationsSentToDlq");
  } catch (error) {
    const again = { id: owed.id, retries: owed.attempt, since: owed.owedAt };
    const decision = failureOf(error).retryable
      ? decideRetry(undefined, again, cloud.clock.now())
      : undefined;
    if (decision?.retry) return { done: false, againAt: decision.againAt };
    measureRule(cloud, rule, "InvocationsFailedToBeSentToDlq");
  }
  return DONE;
}

function send(cloud: Cloud, caller: Caller, letter: DeadLetter): Promise<void> {
  const { event, target } = letter.delivery;
  const attributes = attributesOf(caller, letter);
  return sendDeadLetter(cloud, caller, target.DeadLetterConfig?.Arn ?? "", {
    body: event,
    attributes,
  });
}

/** Source: EventBridge user guide, "Using dead-letter queues to process undelivered events". */
function attributesOf(
  caller: Caller,
  { delivery, errorCode, errorMessage, retries, exhausted }: DeadLetter,
): Record<string, string | undefined> {
  const { busName, ruleName, target } = delivery;
  return {
    RULE_ARN: ruleArn(caller, busName, ruleName),
    TARGET_ARN: target.Arn,
    ERROR_CODE: errorCode,
    ERROR_MESSAGE: errorMessage,
    EXHAUSTED_RETRY_CONDITION: exhausted,
    RETRY_ATTEMPTS: String(retries),
  };
}
