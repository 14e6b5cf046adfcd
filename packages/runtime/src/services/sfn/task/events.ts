import { parseArn } from "../../../arn.ts";
import type { Json, JsonObject } from "../../../states-language/definition.ts";
import { StatesError } from "../../../states-language/states-error.ts";

/**
 * The entries of PutEvents with the ARNs of the state machine and of the execution after their own resources. Source:
 * Step Functions developer guide, "Add EventBridge events with Step Functions"; their order: recorded histories.
 */
export function withExecution(parameters: Json, executionArn: string): Json {
  if (!isObject(parameters) || !Array.isArray(parameters.Entries)) return parameters;
  const added = [machineOf(executionArn), executionArn];
  const Entries = parameters.Entries.map((entry) => {
    if (!isObject(entry)) return entry;
    const own = entry.Resources ?? [];
    return Array.isArray(own) ? { ...entry, Resources: [...own, ...added] } : entry;
  });
  return { ...parameters, Entries };
}

/** Throws `EventBridge.FailedEntry` where not every entry was taken; its cause is the whole answer. */
export function failedEntries(answer: JsonObject): void {
  if (!answer.FailedEntryCount) return;
  const { Entries = [], FailedEntryCount } = answer;
  throw new StatesError("EventBridge.FailedEntry", JSON.stringify({ Entries, FailedEntryCount }));
}

/** `…:execution:<machine>:<name>`, or `…:express:<machine>:<name>:<id>`; the machine may have a Map's label. */
function machineOf(executionArn: string): string {
  const { partition, region, account, resource } = parseArn(executionArn) ?? {};
  const machine = resource?.split(":")[1]?.split("/")[0];
  return `arn:${partition}:states:${region}:${account}:stateMachine:${machine}`;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
