import type { JsonObject, QueryLanguage, StateType } from "../definition.ts";
import type { Report } from "./report.ts";

export const STATE_TYPES: readonly StateType[] = [
  "Task",
  "Wait",
  "Pass",
  "Succeed",
  "Fail",
  "Choice",
  "Parallel",
  "Map",
];

const EVERYWHERE = ["Type", "Comment", "QueryLanguage"];
const PATHS = ["InputPath", "OutputPath"];
const TRANSITION = ["Next", "End"];
const WORK = ["ResultPath", "Parameters", "Output", "Assign", "ResultSelector", "Retry", "Catch"];

/**
 * The fields that each type of state may carry, in one query language or the other. Source: measured with
 * ValidateStateMachineDefinition (8 types × 50 fields), cdk_preflight's rule pf-sfn-asl-state-fields.
 */
const FIELDS: Readonly<Record<StateType, ReadonlySet<string>>> = {
  Pass: allowed(PATHS, TRANSITION, ["Result", "ResultPath", "Parameters", "Output", "Assign"]),
  Task: allowed(PATHS, TRANSITION, WORK, [
    "Arguments",
    "Resource",
    "Credentials",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
  ]),
  Wait: allowed(PATHS, TRANSITION, [
    "Output",
    "Assign",
    "Seconds",
    "Timestamp",
    "SecondsPath",
    "TimestampPath",
  ]),
  Parallel: allowed(PATHS, TRANSITION, WORK, ["Arguments", "Branches"]),
  Map: allowed(PATHS, TRANSITION, WORK, [
    "ItemProcessor",
    "Iterator",
    "ItemsPath",
    "Items",
    "ItemSelector",
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "Label",
  ]),
  Choice: allowed(PATHS, ["Output", "Assign", "Choices", "Default"]),
  Succeed: allowed(PATHS, ["Output"]),
  Fail: allowed(["Error", "Cause", "ErrorPath", "CausePath"]),
};

/** Source: floci issue 2968 and cdk_preflight's rule pf-sfn-asl-query-language, both measured. */
const ONLY_IN: Readonly<Record<QueryLanguage, ReadonlySet<string>>> = {
  JSONPath: new Set([
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Result",
    "ItemsPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "SecondsPath",
    "TimestampPath",
    "MaxConcurrencyPath",
    "ToleratedFailurePercentagePath",
    "ToleratedFailureCountPath",
    "ErrorPath",
    "CausePath",
    "MaxItemsPath",
    "MaxItemsPerBatchPath",
    "MaxInputBytesPerBatchPath",
    "Variable",
    "And",
    "Or",
    "Not",
  ]),
  JSONata: new Set(["Arguments", "Output", "Items", "Condition"]),
};

function allowed(...groups: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set([EVERYWHERE, ...groups].flat());
}

/** Fields that the type of state does not know. */
export function checkKnown(
  state: JsonObject,
  type: StateType,
  report: Report,
  place: string,
): void {
  report.allowsOnly(state, FIELDS[type], place);
}

/** Fields of the other query language. */
export function checkLanguage(
  object: JsonObject,
  language: QueryLanguage,
  report: Report,
  place: string,
): void {
  const other = language === "JSONata" ? "JSONPath" : "JSONata";
  for (const name of Object.keys(object)) {
    if (!ONLY_IN[other].has(name)) continue;
    report.schema(
      `The QueryLanguage is set to '${language}', but field '${name}' is only supported for the '${other}' QueryLanguage`,
      place,
    );
  }
}
