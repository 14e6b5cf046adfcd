import type { TestStateInput } from "@aws-sdk/client-sfn";
import { ServiceError } from "../../../errors.ts";
import type { Json, MapState, ParallelState, State } from "../../../states-language/definition.ts";
import { validationError } from "../errors.ts";
import { checkMockedFields } from "./mock-fields.ts";

/** What stands in for the work of a Task, a Map or a Parallel. */
export type Mock = { readonly result: Json } | { readonly error: string; readonly cause: string };

const MOCKED_TYPES = new Set(["Task", "Map", "Parallel"]);

/**
 * The mock of a request, checked against the state. Throws `ValidationException`, and `InvalidDefinition` for a Map or
 * a Parallel without one. Source: recorded answers of AWS, `test_state_mock_validation` in localstack/localstack.
 */
export async function mockOf(state: State, request: TestStateInput): Promise<Mock | undefined> {
  const { mock, stateConfiguration } = request;
  const failureCount = stateConfiguration?.mapIterationFailureCount;
  if (failureCount !== undefined && mock === undefined)
    throw validationError(
      "TestState does not support MapIterationFailureCount when a mock is not specified.",
    );
  if (mock === undefined) {
    if (state.Type !== "Map" && state.Type !== "Parallel") return undefined;
    throw new ServiceError(
      "InvalidDefinition",
      "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
    );
  }
  if (!MOCKED_TYPES.has(state.Type))
    throw validationError(`State type '${state.Type}' is not supported when a mock is specified`);
  if (request.revealSecrets)
    throw validationError("TestState does not support RevealSecrets when a mock is specified.");
  const { result, errorOutput, fieldValidationMode = "STRICT" } = mock;
  if ((result === undefined) === (errorOutput === undefined))
    throw validationError(
      "A test mock should have only one of the following fields: [result, errorOutput].",
    );
  if (errorOutput !== undefined) {
    if (errorOutput.error === undefined)
      throw validationError("Mocked errorOutput must have an error.");
    return { error: errorOutput.error, cause: errorOutput.cause ?? "" };
  }
  const value = parsed(result!);
  if (state.Type === "Map") checkMapResult(state, value, failureCount);
  if (state.Type === "Parallel") checkParallelResult(state, value);
  if (state.Type === "Task" && fieldValidationMode !== "NONE")
    await checkMockedFields(state.Resource, value, fieldValidationMode === "STRICT");
  return { result: value };
}

function checkMapResult(state: MapState, value: Json, failureCount: number | undefined): void {
  if (state.ResultWriter !== undefined) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw validationError("Mocked result must be a JSON object.");
    return;
  }
  if (!Array.isArray(value)) throw validationError("Mocked result must be an array.");
  if (failureCount !== undefined && failureCount > value.length)
    throw validationError(
      "Map iteration failure count must be less than or equal to the number of Map iterations",
    );
}

function checkParallelResult(state: ParallelState, value: Json): void {
  if (!Array.isArray(value)) throw validationError("Mocked result must be an array.");
  if (value.length !== state.Branches.length)
    throw validationError(
      "Mocked result must contain the same number of items as number of Parallel branches.",
    );
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw validationError("Mocked result must be valid JSON");
  }
}
