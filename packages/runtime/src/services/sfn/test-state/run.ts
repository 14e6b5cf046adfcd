import type { InspectionData, TestStateOutput } from "@aws-sdk/client-sfn";
import type { Call } from "../../../call.ts";
import { sleepUntil } from "../../../clock/clock.ts";
import type {
  Catcher,
  ChoiceState,
  FailState,
  Json,
  MapState,
  Retrier,
  State,
  TaskState,
  WaitState,
} from "../../../states-language/definition.ts";
import {
  chooseNext,
  failureOf,
  finish,
  finishCaught,
  matchError,
  type Outcome,
  retryDelayMs,
  secondsOf,
  waitUntil,
} from "../../../states-language/flow.ts";
import { attemptsMax } from "../../../states-language/retry.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import { integrationOf } from "../task/integration.ts";
import { performTask } from "../task/perform.ts";
import { inspectFinish, inspectInput, inspectMap } from "./inspect.ts";
import type { Subject } from "./subject.ts";

/** Source: API reference, TestState. */
const TEST_SECONDS_MAX = 300;

/** Runs a state once, and tells what it did, and in `inspectionData` each step of the way that it came. */
export async function runState(call: Call, subject: Subject): Promise<TestStateOutput> {
  const inspection: InspectionData = { input: JSON.stringify(subject.input) };
  try {
    return { ...(await leave(call, subject, inspection)), inspectionData: inspection };
  } catch (error) {
    if (!(error instanceof StatesError)) throw error;
    return { ...(await fail(subject, error, inspection)), inspectionData: inspection };
  }
}

async function leave(
  call: Call,
  subject: Subject,
  inspection: InspectionData,
): Promise<TestStateOutput> {
  const { state, language } = subject;
  switch (state.Type) {
    case "Choice":
      return await choose(state, subject, inspection);
    case "Fail":
      return await failAsTold(state, subject, inspection);
    default: {
      const result = await workOf(call, subject, inspection);
      await inspectFinish(subject, result, inspection);
      const outcome = await finish(state, language, subject, result);
      return succeeded(subject, outcome, nextOf(state), inspection);
    }
  }
}

/** What the state does, or its mock in its place. */
async function workOf(call: Call, subject: Subject, inspection: InspectionData): Promise<Json> {
  const { state } = subject;
  switch (state.Type) {
    case "Task": {
      const parameters = await inspectInput(subject, inspection);
      return subject.mock === undefined
        ? await perform(call, state, subject, parameters)
        : mocked(subject);
    }
    case "Map":
      return await mapped(state, subject, inspection);
    case "Parallel":
      return mocked(subject);
    case "Wait":
      return await wait(call, state, subject, inspection);
    default:
      return await inspectInput(subject, inspection);
  }
}

async function perform(
  call: Call,
  state: TaskState,
  subject: Subject,
  parameters: Json,
): Promise<Json> {
  const integration = integrationOf(state.Resource);
  if (!integration)
    throw new StatesError(
      "States.Runtime",
      `The resource provided ${state.Resource} is not recognized.`,
    );
  const { cloud, caller } = call;
  const { executionArn, stateName, language, roleArn } = subject;
  const seconds = await secondsOf(state, "TimeoutSeconds", language, subject);
  const over = new AbortController();
  const until = cloud.clock.now() + Math.min(seconds ?? TEST_SECONDS_MAX, TEST_SECONDS_MAX) * 1_000;
  const timer = cloud.clock.setTimer(until, () =>
    over.abort(new StatesError("States.Timeout", "")),
  );
  const signal = AbortSignal.any([call.signal, over.signal]);
  const role = { ...caller, principal: roleArn ?? caller.principal };
  const performed = performTask(cloud, role, integration, parameters, {
    signal,
    executionArn,
    stateName,
  });
  try {
    // Not everything that a task calls stops at a signal.
    return await Promise.race([performed, aborted(signal)]);
  } finally {
    timer.cancel();
    performed.catch(() => {});
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function mocked({ mock }: Subject): Json {
  if (mock === undefined) throw new Error("a state that has to have a mock has none");
  if ("result" in mock) return mock.result;
  throw new StatesError(mock.error, mock.cause);
}

/** The tolerance of a Map counts where it has one. */
async function mapped(
  state: MapState,
  subject: Subject,
  inspection: InspectionData,
): Promise<Json> {
  const { items, toleratedCount, toleratedPercentage } = await inspectMap(
    state,
    subject,
    inspection,
  );
  const result = mocked(subject);
  const failures = subject.mapIterationFailureCount ?? 0;
  const total = Array.isArray(result) ? result.length : (items?.length ?? failures);
  const exceeded =
    (toleratedCount !== undefined && failures > toleratedCount) ||
    (toleratedPercentage !== undefined && failures * 100 > toleratedPercentage * total);
  if (!exceeded) return result;
  throw new StatesError(
    "States.ExceedToleratedFailureThreshold",
    "The specified tolerated failure threshold was exceeded",
  );
}

async function wait(
  call: Call,
  state: WaitState,
  subject: Subject,
  inspection: InspectionData,
): Promise<Json> {
  const input = await inspectInput(subject, inspection);
  const { clock } = call.cloud;
  const until = await waitUntil(state, subject.language, subject, clock.now());
  const limit = clock.now() + TEST_SECONDS_MAX * 1_000;
  await sleepUntil(clock, Math.min(until, limit), call.signal);
  if (until > limit) throw new StatesError("States.Timeout", "");
  return input;
}

async function choose(
  state: ChoiceState,
  subject: Subject,
  inspection: InspectionData,
): Promise<TestStateOutput> {
  await inspectInput(subject, inspection);
  const { next, ...outcome } = await chooseNext(state, subject.language, subject);
  return succeeded(subject, outcome, next, inspection);
}

async function failAsTold(
  state: FailState,
  subject: Subject,
  inspection: InspectionData,
): Promise<TestStateOutput> {
  await inspectInput(subject, inspection);
  return { ...(await failureOf(state, subject.language, subject)), status: "FAILED" };
}

function succeeded(
  subject: Subject,
  outcome: Outcome,
  next: string | undefined,
  inspection: InspectionData,
): TestStateOutput {
  inspectVariables(subject, outcome, inspection);
  return {
    output: JSON.stringify(outcome.output),
    ...(next === undefined ? {} : { nextState: next }),
    status: "SUCCEEDED",
  };
}

/** What a Retry or a Catch of the state makes of an error. */
async function fail(
  subject: Subject,
  error: StatesError,
  inspection: InspectionData,
): Promise<TestStateOutput> {
  const { state, language, retryCount } = subject;
  const told = {
    ...(error.error === "" ? {} : { error: error.error }),
    ...(error.cause === "" ? {} : { cause: error.cause }),
  };
  const retriers: readonly Retrier[] = "Retry" in state ? (state.Retry ?? []) : [];
  const catchers: readonly Catcher[] = "Catch" in state ? (state.Catch ?? []) : [];
  const retryIndex = matchError(retriers, error.error);
  const retrier = retryIndex === undefined ? undefined : retriers[retryIndex];
  if (retryIndex !== undefined && retrier) {
    const again = retryCount < attemptsMax(retrier);
    const delayMs = retryDelayMs(retrier, retryCount, () => 1);
    inspection.errorDetails = {
      retryIndex,
      ...(again ? { retryBackoffIntervalSeconds: Math.round(delayMs / 1_000) } : {}),
    };
    if (again) return { ...told, status: "RETRIABLE" };
  }
  const catchIndex = matchError(catchers, error.error);
  const catcher = catchIndex === undefined ? undefined : catchers[catchIndex];
  if (catchIndex === undefined || !catcher) return { ...told, status: "FAILED" };
  inspection.errorDetails = { ...inspection.errorDetails, catchIndex };
  const outcome = await finishCaught(state, catcher, language, subject, error.output);
  inspectVariables(subject, outcome, inspection);
  return {
    ...told,
    output: JSON.stringify(outcome.output),
    nextState: catcher.Next,
    status: "CAUGHT_ERROR",
  };
}

function inspectVariables(
  { scope }: Subject,
  { assigned }: Outcome,
  inspection: InspectionData,
): void {
  const variables = { ...scope.variables, ...assigned };
  if (Object.keys(variables).length > 0) inspection.variables = JSON.stringify(variables);
}

function nextOf(state: State): string | undefined {
  return "Next" in state && typeof state.Next === "string" ? state.Next : undefined;
}
