import { randomUUID } from "node:crypto";
import type { TestStateInput } from "@aws-sdk/client-sfn";
import { arn } from "../../../arn.ts";
import type { Call } from "../../../call.ts";
import { ServiceError } from "../../../errors.ts";
import {
  type Json,
  type JsonObject,
  type QueryLanguage,
  queryLanguageOf,
  type State,
  type StateMachineDefinition,
  type StatesOf,
} from "../../../states-language/definition.ts";
import { dataProblem } from "../../../states-language/json-problem.ts";
import type { Scope } from "../../../states-language/scope.ts";
import { checkDefinition, checkStateAlone } from "../checked-definition.ts";
import { checkRole } from "../configuration.ts";
import { validationError } from "../errors.ts";
import { machineArn } from "../machine-arn.ts";
import { integrationOf } from "../task/integration.ts";
import { contextGiven } from "./context.ts";
import { type Mock, mockOf } from "./mock.ts";

/** A state under test, and all that it runs with. */
export interface Subject {
  readonly state: State;
  readonly language: QueryLanguage;
  readonly input: Json;
  readonly scope: Scope;
  readonly mock?: Mock;
  readonly executionArn: string;
  readonly stateName: string;
  readonly roleArn?: string;
  readonly retryCount: number;
  readonly mapIterationFailureCount?: number;
  readonly mapItemReaderData?: Json;
}

/** How a state is called whose definition comes alone: AWS's diagnostics name it so. */
const STATE_NAME = "StateName";

/**
 * The state that a request tests. Throws `InvalidDefinition`, `InvalidExecutionInput`, `InvalidArn`, and
 * `ValidationException` where the request asks for what cannot be tested.
 * Source of the wording: recorded answers of AWS, tests/aws/services/stepfunctions/v2/test_state in
 * localstack/localstack.
 */
export async function subjectOf(call: Call, request: TestStateInput): Promise<Subject> {
  const definition = await definitionOf(request);
  const stateName = request.stateName ?? STATE_NAME;
  const state = findState(definition, stateName);
  if (!state) throw validationError("State not found in definition");
  const input = parsed(request.input ?? "{}", invalidInput);
  const mock = await mockOf(state, request);
  checkTestable(state, request);
  if (request.roleArn !== undefined) checkRole(request.roleArn);
  const executionName = randomUUID();
  const machineName = randomUUID();
  const { account, region } = call.caller;
  const executionArn = arn("states", region, account, `express:${machineName}:${executionName}`);
  const now = call.cloud.clock.now();
  const context = contextGiven(request.context, state) ?? {
    Execution: {
      Id: executionArn,
      Input: input,
      Name: executionName,
      RoleArn: request.roleArn ?? null,
      StartTime: new Date(now).toISOString(),
    },
    StateMachine: { Id: machineArn(call.caller, machineName), Name: machineName },
    State: {
      Name: stateName,
      EnteredTime: new Date(now).toISOString(),
      ...(isWork(state) ? { RetryCount: request.stateConfiguration?.retrierRetryCount ?? 0 } : {}),
    },
    ...(waitsForToken(state) ? { Task: { Token: randomUUID() } } : {}),
  };
  const { retrierRetryCount, mapIterationFailureCount, mapItemReaderData } =
    request.stateConfiguration ?? {};
  return {
    state,
    language: queryLanguageOf(definition, state),
    input,
    scope: { context, variables: variablesOf(request.variables), now },
    ...(mock === undefined ? {} : { mock }),
    executionArn,
    stateName,
    ...(request.roleArn === undefined ? {} : { roleArn: request.roleArn }),
    retryCount: retrierRetryCount ?? 0,
    ...(mapIterationFailureCount === undefined ? {} : { mapIterationFailureCount }),
    ...(mapItemReaderData === undefined
      ? {}
      : { mapItemReaderData: readerData(mapItemReaderData) }),
  };
}

/** A machine, of which `stateName` is tested; or a state alone, as a machine that has no other. */
async function definitionOf({
  definition = "",
  stateName,
}: TestStateInput): Promise<StateMachineDefinition> {
  return stateName === undefined
    ? checkStateAlone(definition, STATE_NAME)
    : checkDefinition(definition);
}

/** At any depth: names of states are unique in a machine. */
function findState({ States }: StatesOf, name: string): State | undefined {
  if (Object.hasOwn(States, name)) return States[name];
  for (const state of Object.values(States)) {
    const inner =
      state.Type === "Parallel"
        ? state.Branches
        : state.Type === "Map"
          ? [state.ItemProcessor ?? state.Iterator]
          : [];
    for (const states of inner) {
      const found = states && findState(states, name);
      if (found) return found;
    }
  }
  return undefined;
}

function checkTestable(state: State, request: TestStateInput): void {
  const mocked = request.mock !== undefined;
  if (request.revealSecrets && !isHttpTask(state))
    throw validationError("TestState supports RevealSecrets only for HTTP Tasks.");
  if (request.context !== undefined && !mocked)
    throw validationError("TestState does not support Context when a mock is not specified.");
  if (mocked || state.Type !== "Task") return;
  const integration = integrationOf(state.Resource);
  if (integration?.kind === "activity")
    throw unsupported("Activity tasks when a mock is not specified");
  if (integration?.kind === "service" && integration.pattern !== "requestResponse")
    throw unsupported(
      `'.${integration.resource.split(".")[1]}' service integrations when a mock is not specified`,
    );
  if (request.roleArn === undefined)
    throw validationError("RoleArn must be specified when testing a Task state");
}

function unsupported(what: string): ServiceError {
  return new ServiceError("InvalidDefinition", `TestState API does not support ${what}.`);
}

function isHttpTask(state: State): boolean {
  return state.Type === "Task" && state.Resource.endsWith(":states:::http:invoke");
}

function waitsForToken(state: State): boolean {
  return state.Type === "Task" && state.Resource.endsWith(".waitForTaskToken");
}

function isWork({ Type }: State): boolean {
  return Type === "Task" || Type === "Map" || Type === "Parallel";
}

function variablesOf(text: string | undefined): JsonObject {
  if (text === undefined) return {};
  const variables = parsed(text, () => validationError("Variables must be valid JSON"));
  if (typeof variables !== "object" || variables === null || Array.isArray(variables))
    throw validationError("Variables must be a JSON object");
  return variables;
}

/** JSON, or, as a reader of S3 may find it, any text. */
function readerData(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function parsed(text: string, refusal: (why: string) => Error): Json {
  const problem = dataProblem(text);
  if (problem) throw refusal(problem);
  return JSON.parse(text) as Json;
}

function invalidInput(why: string): ServiceError {
  return new ServiceError(
    "InvalidExecutionInput",
    `Invalid State Machine Execution Input: '${why}'`,
  );
}
