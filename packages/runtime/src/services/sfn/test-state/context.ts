import type { ServiceError } from "../../../errors.ts";
import type { Json, JsonObject, State } from "../../../states-language/definition.ts";
import { validationError } from "../errors.ts";
import { integrationOf } from "../task/integration.ts";

type FieldType = "string" | "integer" | "object" | "any";

/** What a Context object may hold. Source: the developer guide, "Accessing execution data from the Context object". */
const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldType>>>> = {
  Execution: {
    Id: "string",
    Input: "any",
    Name: "string",
    RedriveCount: "integer",
    RedriveTime: "string",
    RoleArn: "string",
    StartTime: "string",
  },
  State: { EnteredTime: "string", Name: "string", RetryCount: "integer" },
  StateMachine: { Id: "string", Name: "string" },
  Task: { Token: "string" },
};

/**
 * The Context object that a test brings along, which stands in for the whole of it. Throws `ValidationException`.
 * Source: recorded answers of AWS, `test_state_context_object` in localstack/localstack.
 */
export function contextGiven(text: string | undefined, state: State): JsonObject | undefined {
  if (text === undefined) return undefined;
  const context = parsed(text);
  for (const [name, value] of Object.entries(context)) {
    if (name === "Map") throw invalid("'Map' field is not supported when mocking a Context object");
    const fields = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (!fields) throw invalid(`Field '${name}' is not allowed`);
    if (!isObject(value)) throw invalid(`${name} must be a dictionary`);
    for (const [field, part] of Object.entries(value)) {
      const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (!type) throw invalid(`Field '${field}' is not allowed`);
      if (!isOf(type, part)) throw invalid(`${name}.${field} must be a ${type}`);
    }
  }
  if ("Task" in context && !waits(state))
    throw invalid(
      "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
    );
  return context;
}

function waits(state: State): boolean {
  if (state.Type !== "Task") return false;
  const integration = integrationOf(state.Resource);
  return integration?.kind === "service" && integration.pattern !== "requestResponse";
}

function isOf(type: FieldType, value: Json): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(value);
    case "object":
      return isObject(value);
    default:
      return true;
  }
}

function parsed(text: string): JsonObject {
  let context: Json;
  try {
    context = JSON.parse(text) as Json;
  } catch {
    throw invalid("Context object must be valid JSON");
  }
  if (!isObject(context)) throw invalid("Context object must be a JSON object");
  return context;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(why: string): ServiceError {
  return validationError(`Invalid Context object provided: ${why}`);
}
