import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import { DONE, type Owed, type OwedOutcome } from "../../owed.ts";
import { attempt } from "./attempt.ts";
import { type Ending, type FailureCondition, oweEnding } from "./destination.ts";
import { measure } from "./measure.ts";
import { LATEST } from "./names.ts";
import { type EventInvokeRecord, keys } from "./record.ts";
import { type Runnable, runnablesOf } from "./runnable.ts";

export const EVENT = "lambda:event";

/** "How Lambda handles errors and retries with asynchronous invocation", of the developer guide. */
export const RETRIES_DEFAULT = 2;
export const EVENT_AGE_SECONDS_MAX = 21_600;
/** Before the second and the third attempt after an error of the function. */
const ERROR_BACKOFF_MS = [60_000, 120_000] as const;
/** After a throttle or an error of the system: doubled from 1 second to 5 minutes. */
const SYSTEM_BACKOFF_MS_MIN = 1_000;
const SYSTEM_BACKOFF_MS_MAX = 300_000;

/** An event in the queue of a function. */
interface QueuedEvent {
  readonly name: string;
  readonly qualifier?: string;
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** How often the function ran with it. */
  readonly runs: number;
  /** How often it could not be run, since it last ran. */
  readonly refusals: number;
  /** What came of the last run. */
  readonly last?: Ending["last"];
}

/** Queues an event: it is kept when this resolves. */
export async function acceptEvent(
  cloud: Cloud,
  caller: Caller,
  { name, qualifier }: Runnable,
  { requestId, payload }: { readonly requestId: string; readonly payload: Uint8Array },
): Promise<void> {
  const event: QueuedEvent = {
    name,
    ...(qualifier === undefined ? {} : { qualifier }),
    requestId,
    payload: Buffer.from(payload),
    runs: 0,
    refusals: 0,
  };
  await cloud.store.write((tx) => cloud.owed.add(tx, { kind: EVENT, caller, payload: event }));
  measure(cloud, caller, { name, qualifier }, "AsyncEventsReceived", 1);
}

/**
 * Takes an event from the queue. Whether its chain loops is judged now, and again at every retry, by the header that
 * the event came with: a retry goes no further in the chain than the attempt before it.
 */
export async function runEvent(cloud: Cloud, owed: Owed<never>): Promise<OwedOutcome> {
  // The kind is owed by acceptEvent only.
  const event: QueuedEvent = owed.payload;
  const { caller } = owed;
  const runnable = findRunnable(cloud, caller, event);
  if (!runnable) {
    measure(cloud, caller, event, "AsyncEventsDropped", 1);
    return DONE;
  }
  const settings = settingsOf(cloud, caller, event);
  const expiresAt = owed.owedAt + settings.eventAgeMs;
  const fail = (condition: FailureCondition, failed = event): OwedOutcome => {
    measure(cloud, caller, event, "AsyncEventsDropped", 1);
    return end(cloud, owed, runnable, settings, failed, condition);
  };
  measure(cloud, caller, event, "AsyncEventAge", cloud.clock.now() - owed.owedAt);
  if (cloud.clock.now() > expiresAt) return fail("EventAgeExceeded");
  if (runnable.reservedConcurrentExecutions === 0) return fail("ZeroReservedConcurrency");
  const done = await tryOnce(cloud, caller, runnable, event);
  if (done.kind === "stopped") return fail("RecursiveInvocation");
  if (done.kind === "throttled" || done.kind === "broken") {
    const againAt = cloud.clock.now() + systemBackoff(event.refusals);
    if (againAt > expiresAt) return fail("EventAgeExceeded");
    return { done: false, againAt, payload: { ...event, refusals: event.refusals + 1 } };
  }
  const { result, executedVersion, traceHeader } = done;
  const ran: QueuedEvent = {
    ...event,
    runs: event.runs + 1,
    refusals: 0,
    last: {
      executedVersion,
      traceHeader,
      payload: Buffer.from(result.payload),
      ...(result.functionError === undefined ? {} : { functionError: result.functionError }),
    },
  };
  if (result.functionError === undefined)
    return end(cloud, owed, runnable, settings, ran, "Success");
  const backoff = ERROR_BACKOFF_MS[event.runs];
  if (backoff === undefined || ran.runs > settings.retries) return fail("RetriesExhausted", ran);
  const againAt = cloud.clock.now() + backoff;
  if (againAt > expiresAt) return fail("EventAgeExceeded", ran);
  return { done: false, againAt, payload: ran };
}

/** An attempt; what breaks in running is AWS's error of the 500 series, after which an event is tried again. */
async function tryOnce(cloud: Cloud, caller: Caller, runnable: Runnable, event: QueuedEvent) {
  try {
    return await attempt(cloud, caller, runnable, event);
  } catch (error) {
    if (!isServiceError(error)) cloud.notices.emit("defect", error);
    return { kind: "broken" } as const;
  }
}

function findRunnable(cloud: Cloud, caller: Caller, event: QueuedEvent): Runnable | undefined {
  try {
    return runnablesOf(cloud).find(caller, event.name, event.qualifier);
  } catch (error) {
    // The function, or what of it was invoked, has been deleted since: its events go with it.
    if (isServiceError(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

interface Settings {
  readonly retries: number;
  readonly eventAgeMs: number;
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
}

function settingsOf(
  cloud: Cloud,
  caller: Caller,
  { name, qualifier = LATEST }: QueuedEvent,
): Settings {
  const record = cloud.store.read((tx) =>
    tx.get<EventInvokeRecord>(keys.eventInvoke(caller, name, qualifier)),
  );
  return {
    retries: record?.maximumRetryAttempts ?? RETRIES_DEFAULT,
    eventAgeMs: (record?.maximumEventAgeSeconds ?? EVENT_AGE_SECONDS_MAX) * 1_000,
    onSuccess: record?.destinations.OnSuccess?.Destination,
    onFailure: record?.destinations.OnFailure?.Destination,
  };
}

function systemBackoff(refusals: number): number {
  return Math.min(SYSTEM_BACKOFF_MS_MIN * 2 ** refusals, SYSTEM_BACKOFF_MS_MAX);
}

/** The event is done with: strikes it off, and owes what its destinations are to be told. */
function end(
  cloud: Cloud,
  { caller }: Owed<never>,
  runnable: Runnable,
  settings: Settings,
  event: QueuedEvent,
  condition: Ending["condition"],
): OwedOutcome {
  const succeeded = condition === "Success";
  const ending: Ending = {
    condition,
    name: event.name,
    qualifier: event.qualifier,
    functionArn: runnable.functionArn,
    requestId: event.requestId,
    invokeCount: event.runs,
    requestPayload: event.payload,
    last: event.last,
    traceHeader: event.last?.traceHeader ?? caller.traceHeader,
    throttled: event.refusals > 0,
  };
  return {
    done: true,
    commit: (tx) =>
      oweEnding(cloud, tx, caller, ending, {
        destinationArn: succeeded ? settings.onSuccess : settings.onFailure,
        deadLetterArn: succeeded ? undefined : runnable.version.deadLetterTargetArn,
      }),
  };
}
