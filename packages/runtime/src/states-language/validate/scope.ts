import type { Json, JsonObject, QueryLanguage } from "../definition.ts";
import type { Report } from "./report.ts";
import { checkState } from "./state.ts";

/** What the check of a state knows of the machine around it. */
export interface Surroundings {
  readonly report: Report;
  readonly machineLanguage: QueryLanguage;
  readonly express: boolean;
  /** Names of states seen so far: they are unique in the whole machine. */
  readonly names: Set<string>;
  /** Labels of distributed Maps, likewise. */
  readonly labels: Set<string>;
}

/** Source: the States Language, "States": "MUST be less than or equal to 80 Unicode characters". */
const NAME_LENGTH_MAX = 80;

const BRANCH_FIELDS = new Set(["StartAt", "States", "Comment"]);
const PROCESSOR_FIELDS = new Set([...BRANCH_FIELDS, "ProcessorConfig"]);

/** `StartAt` and `States`, of a machine, of a branch or of what a Map does with an item. */
export function checkScope(scope: JsonObject, place: string, surroundings: Surroundings): void {
  const { report, names } = surroundings;
  if (scope.StartAt !== undefined) report.isA("string", scope.StartAt, `${place}/StartAt`);
  const states = scope.States;
  if (!report.isObject(states, `${place}/States`)) return;
  if (Object.keys(states).length === 0) report.schema("Value cannot be empty", `${place}/States`);
  for (const [name, state] of Object.entries(states)) {
    const statePlace = `${place}/States/${name}`;
    checkName(name, statePlace, report);
    if (names.has(name))
      report.error("DUPLICATE_STATE_NAME", `Duplicate State name: ${name}`, statePlace);
    names.add(name);
    checkState(state, statePlace, surroundings);
  }
}

/** A branch of a Parallel state, or what a Map does with an item. */
export function checkInnerScope(
  scope: Json,
  kind: "branch" | "processor",
  place: string,
  surroundings: Surroundings,
): void {
  const { report } = surroundings;
  if (!report.isObject(scope, place)) return;
  report.requires(scope, ["StartAt", "States"], place);
  report.allowsOnly(scope, kind === "branch" ? BRANCH_FIELDS : PROCESSOR_FIELDS, place);
  checkScope(scope, place, surroundings);
}

function checkName(name: string, place: string, report: Report): void {
  if (name === "") {
    report.error("INVALID_STATE_NAME", "The state name cannot be empty", place);
  } else if ([...name].length > NAME_LENGTH_MAX) {
    report.error(
      "INVALID_STATE_NAME",
      `The state name exceeds the maximum length of ${NAME_LENGTH_MAX} characters`,
      place,
    );
  }
}
