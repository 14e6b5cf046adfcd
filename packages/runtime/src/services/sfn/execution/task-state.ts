import type { Json, JsonObject, TaskState } from "../../../states-language/definition.ts";
import { type Moment, prepareInput, secondsOf } from "../../../states-language/flow.ts";
import { evaluateJsonata } from "../../../states-language/jsonata.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import { fillTemplate } from "../../../states-language/template.ts";
import { type Integration, integrationOf, type ServiceIntegration } from "../task/integration.ts";
import type { MockedResponse } from "../task/mock/configuration.ts";
import { mocksOf } from "../task/mock/mocks.ts";
import { activityExists, offerTask } from "./activity-queue.ts";
import type { Branch, WorkingTask } from "./branch.ts";
import { type Failure, failureDetails, HEARTBEAT_TIMEOUT, TIMEOUT } from "./failure.ts";
import { type MapRun, mapRunKey } from "./map-run/map-run.ts";
import type { Run } from "./run.ts";
import { runsOf } from "./runs.ts";
import { type At, attempting, fail, languageOf, leave, momentOf } from "./states.ts";
import { newTaskToken } from "./task-token.ts";
import type { Turn } from "./turn.ts";

export interface AtTask extends At {
  readonly state: TaskState;
}

/** What a call, a job or a worker came to. */
export type TaskOutcome = { readonly result: Json } | { readonly failure: Failure };

/** Begins a Task: it is on record as scheduled before anything is called. */
export async function beginTask(at: AtTask): Promise<void> {
  const { turn, branch, state } = at;
  const { run } = turn;
  const integration = integrationOfTask(state);
  const token = needsToken(integration)
    ? newTaskToken(run.execution, run.execution.id, branch.id)
    : undefined;
  const moment = momentOf(at, token);
  const parameters = await prepareInput(state, languageOf(at), moment);
  const timeout = await secondsOf(state, "TimeoutSeconds", languageOf(at), moment);
  const heartbeat = await secondsOf(state, "HeartbeatSeconds", languageOf(at), moment);
  const now = run.cloud.clock.now();
  if (integration.kind === "activity" && !activityExists(run.cloud, integration.activityArn))
    throw new StatesError(
      "States.Runtime",
      `The activity ${integration.activityArn} does not exist.`,
    );
  const limits = {
    ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
    ...(heartbeat === undefined ? {} : { heartbeatInSeconds: heartbeat }),
  };
  const mocked = mockedAnswer(at);
  const forWorker = integration.kind === "activity" && !mocked;
  const roleArn = await roleOf(at, moment);
  schedule(at, integration, run.textOf(parameters), { ...limits, roleArn });
  branch.doing = {
    kind: "task",
    attempt: run.nextAttempt(),
    parameters,
    phase: forWorker ? "worker" : "call",
    ...(mocked && { mocked }),
    ...(roleArn === undefined ? {} : { roleArn }),
    scheduledAt: now,
    startedAt: now,
    ...(token === undefined ? {} : { token }),
    ...(timeout === undefined ? {} : { timeoutAt: now + timeout * 1000 }),
    ...(heartbeat === undefined
      ? {}
      : { heartbeatMs: heartbeat * 1000, heartbeatAt: now + heartbeat * 1000 }),
  };
  if (forWorker) offerTask(turn, branch, integration.activityArn);
  turn.touch(branch);
}

/** What the execution's test case has this task answered with; undefined where the service is called. */
function mockedAnswer({ turn, branch }: AtTask): MockedResponse | undefined {
  const { cloud, execution } = turn.run;
  if (execution.testCase === undefined) return undefined;
  // The children of a distributed Map are of their parent's test case.
  const [machineName = ""] = execution.machine.name.split("/");
  const invocation = outermost(turn.run).countInvocation(branch.state);
  return mocksOf(cloud).responseFor(machineName, execution.testCase, branch.state, invocation);
}

/** The run that counts for a distributed Map's children, which share what a test case gives for a state. */
function outermost(run: Run): Run {
  const { cloud, execution } = run;
  if (!execution.dispatch) return run;
  const key = mapRunKey(execution, execution.dispatch.mapRunId);
  const mapRun = cloud.store.read((tx) => tx.get<MapRun>(key));
  const parent = mapRun && runsOf(cloud).find(execution, mapRun.parent.executionId);
  return parent ? outermost(parent) : run;
}

/** What a Task's Resource calls. Throws `States.Runtime` where it is nothing that can be called. */
export function integrationOfTask({ Resource }: TaskState): Integration {
  const integration = integrationOf(Resource);
  if (integration) return integration;
  throw new StatesError("States.Runtime", `The resource ${Resource} is not recognized.`);
}

/** A job (`.sync`) has a token too, which ends its task early: LocalStack's snapshot of test_sync_with_task_token. */
function needsToken(integration: Integration): boolean {
  return (
    integration.kind === "activity" ||
    (integration.kind === "service" && integration.pattern !== "requestResponse")
  );
}

interface Terms {
  readonly timeoutInSeconds?: number;
  readonly heartbeatInSeconds?: number;
  readonly roleArn: string | undefined;
}

/** The role that the state names to be called as. Source: the developer guide, "Accessing cross-account resources". */
async function roleOf(at: AtTask, { input, scope }: Moment): Promise<string | undefined> {
  const { Credentials } = at.state;
  if (Credentials === undefined) return undefined;
  const filled =
    languageOf(at) === "JSONata"
      ? await evaluateJsonata(Credentials, { input, scope, field: "Credentials" })
      : fillTemplate(Credentials, input, scope);
  // Credentials are an object, and so is what they are filled to.
  const { RoleArn } = filled as JsonObject;
  return typeof RoleArn === "string" ? RoleArn : undefined;
}

function schedule(at: AtTask, integration: Integration, parameters: string, terms: Terms): void {
  const { turn, branch } = at;
  turn.counted.push({ integration, what: "Scheduled" });
  if (integration.kind !== "activity") turn.counted.push({ integration, what: "Started" });
  const { roleArn, ...limits } = terms;
  const credentials = roleArn === undefined ? {} : { taskCredentials: { roleArn } };
  const input = { input: parameters, inputDetails: { truncated: false } };
  switch (integration.kind) {
    case "lambda": {
      const resource = integration.functionArn;
      const { heartbeatInSeconds: _of_no_use, ...timeout } = limits;
      turn.emit(branch, "LambdaFunctionScheduled", {
        resource,
        ...input,
        ...timeout,
        ...credentials,
      });
      turn.emit(branch, "LambdaFunctionStarted", undefined);
      return;
    }
    case "activity": {
      turn.emit(branch, "ActivityScheduled", {
        resource: integration.activityArn,
        ...input,
        ...limits,
      });
      return;
    }
    case "service": {
      const { region } = turn.run.execution;
      turn.emit(branch, "TaskScheduled", {
        ...called(integration),
        region,
        parameters,
        ...limits,
        ...credentials,
      });
      turn.emit(branch, "TaskStarted", called(integration));
    }
  }
}

function called({ resourceType, resource }: Integration & { kind: "service" }) {
  return { resourceType, resource };
}

/** A worker took the activity's task. */
export function startActivity(at: AtTask, workerName: string | undefined): void {
  const { turn, branch, state } = at;
  // Its task is outstanding: the caller has seen to that.
  const doing = branch.doing as WorkingTask;
  const { heartbeatMs } = doing;
  const now = turn.run.cloud.clock.now();
  turn.counted.push({ integration: integrationOfTask(state), what: "Started" });
  turn.emit(branch, "ActivityStarted", workerName === undefined ? {} : { workerName });
  branch.doing = {
    ...doing,
    phase: "token",
    startedAt: now,
    ...(heartbeatMs === undefined ? {} : { heartbeatAt: now + heartbeatMs }),
  };
}

/** A worker's heartbeat: the next one is due from now on. */
export function beat(turn: Turn, branch: Branch): void {
  const doing = branch.doing as WorkingTask;
  if (doing.heartbeatMs === undefined) return;
  branch.doing = { ...doing, heartbeatAt: turn.run.cloud.clock.now() + doing.heartbeatMs };
  turn.touch(branch);
}

/** The call that a task began with was answered. */
export async function callAnswered(at: AtTask, outcome: TaskOutcome): Promise<void> {
  const { turn, branch, state } = at;
  const integration = integrationOfTask(state);
  const doing = branch.doing as WorkingTask;
  if (integration.kind !== "service" || integration.pattern === "requestResponse")
    return await settle(at, outcome);
  if (doing.mocked) {
    // A mocked answer is the last one: of a job, or of who has the token.
    submitted(at, "result" in outcome ? outcome.result : {});
    return await settle(at, outcome);
  }
  if ("failure" in outcome) {
    turn.counted.push({ integration, what: "Failed", took: timeTaken(at) });
    turn.emit(branch, "TaskSubmitFailed", {
      ...called(integration),
      ...failureDetails(outcome.failure),
    });
    return await fail(at, outcome.failure);
  }
  submitted(at, outcome.result);
  branch.doing =
    integration.pattern === "sync"
      ? { ...doing, phase: "job", submitted: outcome.result }
      : { ...doing, phase: "token" };
}

function submitted({ turn, branch, state }: AtTask, output: Json): void {
  // Only what a service has begun is submitted.
  const integration = integrationOfTask(state) as ServiceIntegration;
  turn.emit(branch, "TaskSubmitted", {
    ...called(integration),
    output: turn.run.textOf(output),
    outputDetails: { truncated: false },
  });
}

/** A task has its result, or has failed. */
export async function settle(at: AtTask, outcome: TaskOutcome): Promise<void> {
  const { turn, branch, state } = at;
  const integration = integrationOfTask(state);
  const failed = "failure" in outcome;
  turn.counted.push({ integration, what: failed ? "Failed" : "Succeeded", took: timeTaken(at) });
  if (failed) {
    const details = failureDetails(outcome.failure);
    if (integration.kind === "lambda") turn.emit(branch, "LambdaFunctionFailed", details);
    else if (integration.kind === "activity") turn.emit(branch, "ActivityFailed", details);
    else turn.emit(branch, "TaskFailed", { ...called(integration), ...details });
    return await fail(at, outcome.failure);
  }
  const output = {
    output: turn.run.textOf(outcome.result),
    outputDetails: { truncated: false },
  };
  if (integration.kind === "lambda") turn.emit(branch, "LambdaFunctionSucceeded", output);
  else if (integration.kind === "activity") turn.emit(branch, "ActivitySucceeded", output);
  else turn.emit(branch, "TaskSucceeded", { ...called(integration), ...output });
  await attempting(at, () => leave(at, outcome.result));
}

/** A task's time is over, or a heartbeat stayed out. */
export async function timeOut(at: AtTask, now: number): Promise<void> {
  const { turn, branch, state } = at;
  const { timeoutAt = Infinity } = branch.doing as WorkingTask;
  const failure = timeoutAt <= now ? TIMEOUT : HEARTBEAT_TIMEOUT;
  const integration = integrationOfTask(state);
  const details = failureDetails(failure);
  turn.counted.push({ integration, what: "TimedOut", took: timeTaken(at) });
  if (integration.kind === "lambda") turn.emit(branch, "LambdaFunctionTimedOut", details);
  else if (integration.kind === "activity") turn.emit(branch, "ActivityTimedOut", details);
  else turn.emit(branch, "TaskTimedOut", { ...called(integration), ...details });
  await fail(at, failure);
}

function timeTaken({ turn, branch }: AtTask) {
  const { scheduledAt, startedAt } = branch.doing as WorkingTask;
  const now = turn.run.cloud.clock.now();
  return { sinceScheduledMs: now - scheduledAt, sinceStartedMs: now - startedAt };
}
