import type { Shape } from "../../../gateway/model/shape.ts";
import { memberOf, type Naming, requiredFields } from "../../../sdk-action/parameters.ts";
import {
  type Json,
  type JsonObject,
  queryLanguageOf,
  type State,
  type StateMachineDefinition,
  type StatesOf,
  type TaskState,
} from "../../../states-language/definition.ts";
import type { Diagnostic } from "../../../states-language/validate/validate.ts";
import { calledAction, integrationOf, unrecognized } from "./integration.ts";

/**
 * What only the services' models tell of a definition that is otherwise valid: an action that a service does not
 * have, parameters that an action does not have or does not get. Services that Flyball lacks are passed over.
 *
 * Source: what ValidateStateMachineDefinition was measured to answer, cdk-preflight's rule
 * pf-sfn-asl-integration-parameters; the place of a field, LocalStack's recorded answers on `Credentials`.
 */
export async function integrationDiagnostics(
  definition: StateMachineDefinition,
): Promise<Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  for (const [task, place] of tasksOf(definition, "")) {
    const isJsonata = queryLanguageOf(definition, task) === "JSONata";
    const field = isJsonata ? "Arguments" : "Parameters";
    for (const [message, at] of await problemsOf(task, field))
      diagnostics.push({
        severity: "ERROR",
        code: "SCHEMA_VALIDATION_FAILED",
        message,
        location: `${place}${at}`,
      });
  }
  return diagnostics;
}

/** Every Task with its place, in the order of the definition. */
function* tasksOf({ States }: StatesOf, place: string): Generator<[TaskState, string]> {
  for (const [name, state] of Object.entries(States)) {
    const at = `${place}/States/${name}`;
    if (state.Type === "Task") yield [state, at];
    for (const [inner, field] of innerStates(state)) yield* tasksOf(inner, `${at}/${field}`);
  }
}

function innerStates(state: State): [StatesOf, string][] {
  if (state.Type === "Parallel")
    return state.Branches.map((branch, index) => [branch, `Branches[${index}]`]);
  if (state.Type !== "Map") return [];
  if (state.ItemProcessor) return [[state.ItemProcessor, "ItemProcessor"]];
  return state.Iterator ? [[state.Iterator, "Iterator"]] : [];
}

type Problem = readonly [message: string, place: string];

async function problemsOf(task: TaskState, field: "Parameters" | "Arguments"): Promise<Problem[]> {
  const { Resource } = task;
  const refusal = await unrecognized(Resource);
  if (refusal !== undefined) return [[refusal, "/Resource"]];
  const integration = integrationOf(Resource);
  const called = integration?.kind === "service" ? await calledAction(integration) : undefined;
  if (!called) return [];
  const template = task[field];
  if (template === undefined && called.optimized)
    return [[`${field} field is required for resource ARN: ${Resource}`, ""]];
  if (!isObject(template)) return [];
  const { naming } = called.conversion;
  const { input } = called.action.operation;
  const fields = new Set(Object.keys(template).map(withoutPathMark));
  const missing = requiredFields(input, naming).filter((name) => !fields.has(name));
  return [
    ...missing.map((name) => `The field '${name}' is required but was missing`),
    ...foreignFields(input, template, naming).map(
      (name) => `The field '${name}' is not supported by Step Functions`,
    ),
  ].map((message) => [message, `/${field}`]);
}

/** The fields, at any depth, that the operation does not have; what a path or an expression fills in is not looked into. */
function foreignFields(shape: Shape, template: Json, naming: Naming): string[] {
  switch (shape.kind) {
    case "list":
      return Array.isArray(template)
        ? template.flatMap((item) => foreignFields(shape.member, item, naming))
        : [];
    case "map":
      return isObject(template)
        ? Object.entries(template).flatMap(([key, item]) =>
            key.endsWith(PATH_MARK) ? [] : foreignFields(shape.value, item, naming),
          )
        : [];
    case "structure":
      return isObject(template)
        ? Object.entries(template).flatMap(([key, item]) => {
            const field = withoutPathMark(key);
            const member = memberOf(shape, field, naming);
            if (!member) return [field];
            return key === field ? foreignFields(member, item, naming) : [];
          })
        : [];
    default:
      // Whatever stands where text is wanted is sent as JSON.
      return [];
  }
}

/** What a template's key ends in whose value is a path. */
const PATH_MARK = ".$";

function withoutPathMark(key: string): string {
  return key.endsWith(PATH_MARK) ? key.slice(0, -PATH_MARK.length) : key;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
