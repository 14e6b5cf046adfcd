import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { sendDeadLetter } from "../../targets/dead-letter.ts";
import { decideRetry, type ExhaustedCondition } from "../../targets/retry.ts";
import { isRetryable } from "./failure.ts";
import { toTheSecond } from "./input.ts";
import type { Invocation } from "./invocation.ts";
import { count } from "./metrics.ts";
import { scheduleArn } from "./schedule.ts";

export const DEAD_LETTER = "scheduler:dead-letter";

/** An invocation that failed for good, on its way to the target's dead-letter queue. */
interface DeadLetter {
  readonly invocation: Invocation;
  readonly input: string;
  readonly retries: number;
  readonly errorCode: string;
  readonly errorMessage: string;
  /** What ended the retries, where there were to be any. */
  readonly exhausted?: ExhaustedCondition;
}

/** What SQS's JSON errors are called where its older codes are shown, as here. */
const OLDER_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue",
};

/** Owes what was to be sent to the target's dead-letter queue; without one, it is lost. */
export function oweDeadLetter(
  cloud: Cloud,
  tx: WriteTransaction,
  caller: Caller,
  failed: {
    readonly invocation: Invocation;
    readonly input: string;
    readonly retries: number;
    readonly error: unknown;
    readonly exhausted: ExhaustedCondition | undefined;
  },
): void {
  const { invocation, input, retries, error, exhausted } = failed;
  if (invocation.target.DeadLetterConfig?.Arn === undefined) return;
  const code = error instanceof ServiceError ? error.code : "InternalFailure";
  cloud.owed.add<DeadLetter>(tx, {
    kind: DEAD_LETTER,
    caller,
    payload: {
      invocation,
      input,
      retries,
      errorCode: OLDER_CODES[code] ?? code,
      errorMessage: error instanceof Error ? error.message : String(error),
      ...(exhausted === undefined ? {} : { exhausted }),
    },
  });
}

/** Puts a dead letter into its queue, with the retries of every invocation. */
export function buryDeadLetter(cloud: Cloud, owed: Owed<DeadLetter>): Promise<OwedOutcome> {
  return cloud.activity.track(bury(cloud, owed));
}

async function bury(cloud: Cloud, owed: Owed<DeadLetter>): Promise<OwedOutcome> {
  const { schedule } = owed.payload.invocation;
  try {
    await send(cloud, owed.caller, owed.payload);
    count(cloud, schedule, "InvocationsSentToDeadLetterCount");
  } catch (error) {
    const again = { id: owed.id, retries: owed.attempt, since: owed.owedAt };
    const decision = isRetryable(error)
      ? decideRetry(undefined, again, cloud.clock.now())
      : undefined;
    if (decision?.retry) return { done: false, againAt: decision.againAt };
    const code = error instanceof ServiceError ? error.code : "InternalFailure";
    count(cloud, schedule, "InvocationsFailedToBeSentToDeadLetterCount");
    count(cloud, schedule, `InvocationsFailedToBeSentToDeadLetterCount_${code}`);
  }
  return DONE;
}

function send(cloud: Cloud, caller: Caller, letter: DeadLetter): Promise<void> {
  const queueArn = letter.invocation.target.DeadLetterConfig?.Arn ?? "";
  const attributes = attributesOf(letter);
  return sendDeadLetter(cloud, caller, queueArn, { body: letter.input, attributes });
}

/** Source: EventBridge Scheduler user guide, "Configuring a schedule's dead-letter queue", the example of a dead-letter event. */
function attributesOf(letter: DeadLetter): Record<string, string | undefined> {
  const { invocation, retries, errorCode, errorMessage, exhausted } = letter;
  return {
    ERROR_CODE: errorCode,
    ERROR_MESSAGE: errorMessage,
    EXECUTION_ID: invocation.executionId,
    EXHAUSTED_RETRY_CONDITION: exhausted,
    IS_PAYLOAD_TRUNCATED: "false",
    RETRY_ATTEMPTS: String(retries),
    SCHEDULED_TIME: toTheSecond(invocation.scheduledAt),
    SCHEDULE_ARN: scheduleArn(invocation.schedule),
    TARGET_ARN: invocation.target.Arn,
  };
}
