import { createHash } from "node:crypto";
import type { Target } from "@aws-sdk/client-eventbridge";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { decideRetry } from "../../targets/retry.ts";
import { sendToTarget } from "../../targets/send.ts";
import { type BusPlace, busArn } from "./bus.ts";
import { type DeadLetter, oweDeadLetter } from "./dead-letter.ts";
import { readEvent, type WrittenEvent } from "./event.ts";
import { DeliveryFailure, failureOf } from "./failure.ts";
import { forward } from "./forward.ts";
import { inputFor } from "./input.ts";
import { writeToLogGroup } from "./log-target.ts";
import { measureRule } from "./metrics.ts";
import { type Rule, ruleArn } from "./rule.ts";
import { parseTargetArn } from "./target-service.ts";
import { EVENTS_PRINCIPAL } from "./world.ts";

export const DELIVERY = "eventbridge:deliver";

/** What a rule owes one of its targets, which is as it was when the event came. */
export interface Delivery {
  readonly busName: string;
  readonly ruleName: string;
  readonly target: Target;
  /** The event's JSON text. */
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly ingestedAt: number;
  /** The event came from another bus. */
  readonly forwarded: boolean;
}

/** Owes an event to each of a rule's targets, from the moment that the transaction commits. */
export function oweDeliveries(
  cloud: Cloud,
  tx: WriteTransaction,
  bus: BusPlace,
  rule: Rule,
  written: WrittenEvent,
  {
    traceHeader,
    forwarded,
  }: { readonly traceHeader: string | undefined; readonly forwarded: boolean },
): void {
  const { account, region } = bus;
  const caller: Caller = {
    account,
    region,
    principal: EVENTS_PRINCIPAL,
    source: ruleArn(bus, rule.busName, rule.name),
    fedBy: busArn(bus),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
  const ingestedAt = cloud.clock.now();
  const { busName, name: ruleName } = rule;
  for (const target of rule.targets)
    cloud.owed.add<Delivery>(tx, {
      kind: DELIVERY,
      caller,
      payload: { busName, ruleName, target, event: written.text, ingestedAt, forwarded },
    });
}

/** Delivers what is owed; tries again what may be better the next time, and gives the rest to the dead-letter queue. */
export function deliver(cloud: Cloud, owed: Owed<Delivery>): Promise<OwedOutcome> {
  return cloud.activity.track(attempt(cloud, owed));
}

async function attempt(cloud: Cloud, owed: Owed<Delivery>): Promise<OwedOutcome> {
  const { caller, payload, attempt: retries } = owed;
  const rule = { ...caller, busName: payload.busName, name: payload.ruleName };
  const now = cloud.clock.now();
  measureRule(cloud, rule, retries === 0 ? "InvocationAttempts" : "RetryInvocationAttempts");
  if (retries === 0)
    measureRule(cloud, rule, "IngestionToInvocationStartLatency", now - payload.ingestedAt);
  try {
    await send(cloud, owed);
    measureRule(cloud, rule, "Invocations");
    measureRule(cloud, rule, "SuccessfulInvocationAttempts");
    return DONE;
  } catch (error) {
    const failure = failureOf(error);
    const decision = failure.retryable
      ? decideRetry(payload.target.RetryPolicy, { id: owed.id, retries, since: owed.owedAt }, now)
      : undefined;
    if (decision?.retry) return { done: false, againAt: decision.againAt };
    if (failure.wouldLoop) measureRule(cloud, rule, "DeadLetterInvocations");
    else {
      measureRule(cloud, rule, "Invocations");
      measureRule(cloud, rule, "FailedInvocations");
    }
    const letter: DeadLetter = {
      delivery: payload,
      errorCode: failure.code,
      errorMessage: failure.message,
      retries,
      ...(decision ? { exhausted: decision.exhausted } : {}),
    };
    return { done: true, commit: (tx) => oweDeadLetter(cloud, tx, caller, letter) };
  }
}

async function send(cloud: Cloud, owed: Owed<Delivery>): Promise<void> {
  const { caller, payload: delivery } = owed;
  const { target, busName, ruleName, ingestedAt } = delivery;
  const written = readEvent(delivery.event);
  const place = parseTargetArn(target.Arn ?? "");
  if (!place) throw new DeliveryFailure("INVALID_PARAMETER", `${target.Arn} is no target.`);
  const input = inputFor(target, {
    written,
    ruleArn: ruleArn(caller, busName, ruleName),
    ruleName,
    ingestedAt,
  });
  if (place.service === "events") return forward(cloud, caller, place, delivery, input);
  const { service, account, region, resource } = place;
  if (service === "logs")
    return writeToLogGroup(cloud, { ...caller, account, region }, resource, input);
  const groupId = target.SqsParameters?.MessageGroupId;
  // A delivery that is repeated after a crash starts no second execution: its name is the same.
  const executionName = `${written.event.id}_${uuidOf(`${owed.id} ${owed.owedAt}`)}`;
  const sending = { input, groupId, executionName };
  await sendToTarget(cloud, caller, { ...place, service, arn: target.Arn ?? "" }, sending);
}

/** Always the same of a text. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const ends = [8, 12, 16, 20, 32];
  return ends.map((end, index) => hex.slice(ends[index - 1] ?? 0, end)).join("-");
}
