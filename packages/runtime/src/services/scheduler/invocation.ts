import type { Target } from "@aws-sdk/client-scheduler";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import type { Owed, OwedOutcome } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { decideRetry } from "../../targets/retry.ts";
import { oweDeadLetter } from "./dead-letter.ts";
import { isRetryable, isThrottle } from "./failure.ts";
import { inputFor } from "./input.ts";
import { count } from "./metrics.ts";
import {
  deleteSchedule,
  type Schedule,
  type ScheduleId,
  scheduleArn,
  scheduleKey,
} from "./schedule.ts";
import { callTarget } from "./send.ts";
import { SCHEDULER_PRINCIPAL } from "./world.ts";

export const INVOCATION = "scheduler:invoke";

/** What a schedule owes its target, which is as it was when the time came. */
export interface Invocation {
  readonly schedule: ScheduleId;
  readonly target: Target;
  /** Milliseconds since 1970. */
  readonly scheduledAt: number;
  readonly executionId: string;
  /** The schedule has nothing more to come, and is to be deleted when this is done. */
  readonly deletes?: boolean;
}

/** Owes the invocation from the moment that the transaction commits. */
export function oweInvocation(
  cloud: Cloud,
  tx: WriteTransaction,
  schedule: Schedule,
  occurrence: {
    readonly scheduledAt: number;
    readonly executionId: string;
    readonly last: boolean;
  },
): void {
  const { account, region, group, name, target, traceHeader, actionAfterCompletion } = schedule;
  const caller: Caller = {
    account,
    region,
    principal: SCHEDULER_PRINCIPAL,
    source: scheduleArn(schedule),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
  const { last, ...rest } = occurrence;
  const deletes = last && actionAfterCompletion === "DELETE";
  const id = { account, region, group, name };
  cloud.owed.add<Invocation>(tx, {
    kind: INVOCATION,
    caller,
    payload: { schedule: id, target, ...rest, ...(deletes && { deletes }) },
  });
}

/** Calls the target; again where that may be better the next time. What fails for good is a dead letter. */
export function invoke(cloud: Cloud, owed: Owed<Invocation>): Promise<OwedOutcome> {
  return cloud.activity.track(attempt(cloud, owed));
}

async function attempt(cloud: Cloud, owed: Owed<Invocation>): Promise<OwedOutcome> {
  const { caller, payload, attempt: retries } = owed;
  const { schedule, target } = payload;
  const input = inputFor(payload, retries + 1);
  count(cloud, schedule, "InvocationAttemptCount");
  try {
    await callTarget(cloud, caller, payload, input);
    return { done: true, commit: (tx) => complete(tx, payload) };
  } catch (error) {
    count(cloud, schedule, isThrottle(error) ? "TargetErrorThrottledCount" : "TargetErrorCount");
    const since = owed.owedAt;
    const decision = isRetryable(error)
      ? decideRetry(target.RetryPolicy, { id: owed.id, retries, since }, cloud.clock.now())
      : undefined;
    if (decision?.retry) return { done: false, againAt: decision.againAt };
    count(cloud, schedule, "InvocationDroppedCount");
    const exhausted = decision?.exhausted;
    return {
      done: true,
      commit: (tx) => {
        complete(tx, payload);
        oweDeadLetter(cloud, tx, caller, { invocation: payload, input, retries, error, exhausted });
      },
    };
  }
}

/** Deletes a schedule that was to be after its last invocation, unless it was given more to do meanwhile. */
function complete(tx: WriteTransaction, { schedule: id, deletes }: Invocation): void {
  if (!deletes) return;
  const schedule = tx.get<Schedule>(scheduleKey(id));
  if (schedule && !schedule.next && schedule.actionAfterCompletion === "DELETE")
    deleteSchedule(tx, id);
}
