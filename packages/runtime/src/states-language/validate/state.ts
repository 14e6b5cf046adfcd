import type { Json, JsonObject, QueryLanguage, StateType } from "../definition.ts";
import { instantOf } from "../timestamp.ts";
import { checkAssign } from "./assign.ts";
import { checkChoices } from "./choice.ts";
import { checkCatchers, checkRetriers } from "./errors.ts";
import { checkKnown, checkLanguage, STATE_TYPES } from "./fields.ts";
import { checkJsonata, type ExpressionPlace } from "./jsonata.ts";
import { checkMap } from "./map.ts";
import { checkIntegerField } from "./number-field.ts";
import { checkPath, checkReferencePath, checkTemplate, looksLikePath } from "./paths.ts";
import type { Report } from "./report.ts";
import { checkCredentials, checkResource } from "./resource.ts";
import { checkInnerScope, type Surroundings } from "./scope.ts";

/** A state that is being checked. */
export interface CheckedState {
  readonly state: JsonObject;
  readonly type: StateType;
  readonly language: QueryLanguage;
  readonly place: string;
  readonly surroundings: Surroundings;
  readonly report: Report;
}

const SECONDS = { min: 1, max: 99_999_999 };
const WAIT_SECONDS = { min: 0, max: 99_999_999 };

/** All of one state, with the states inside it. */
export function checkState(value: Json, place: string, surroundings: Surroundings): void {
  const { report } = surroundings;
  if (!report.isObject(value, place)) return;
  const type = typeOf(value, place, report);
  if (type === undefined) return;
  checkKnown(value, type, report, place);
  const written = value.QueryLanguage;
  const language =
    written === undefined
      ? surroundings.machineLanguage
      : written === "JSONPath"
        ? "JSONPath"
        : "JSONata";
  if (written === "JSONPath" && surroundings.machineLanguage === "JSONata") {
    report.schema(
      "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
      place,
    );
  } else {
    checkLanguage(value, language, report, place);
  }
  if (written !== undefined)
    report.isOneOf(written, ["JSONPath", "JSONata"], `${place}/QueryLanguage`);
  const checked: CheckedState = { state: value, type, language, place, surroundings, report };
  checkCommonFields(checked);
  CHECKS[type](checked);
}

function typeOf(state: JsonObject, place: string, report: Report): StateType | undefined {
  report.requires(state, ["Type"], place);
  if (state.Type === undefined) return undefined;
  const type = STATE_TYPES.find((known) => known === state.Type);
  if (type === undefined) {
    report.schema(
      `The field 'Type' should have one of these values: [${STATE_TYPES.join(", ")}]`,
      `${place}/Type`,
    );
  }
  return type;
}

const CHECKS: Readonly<Record<StateType, (checked: CheckedState) => void>> = {
  Task: checkTask,
  Pass: checkPass,
  Wait: checkWait,
  Choice: checkChoices,
  Parallel: checkParallel,
  Map: checkMap,
  Succeed: () => {},
  Fail: checkFail,
};

function checkCommonFields(checked: CheckedState): void {
  const { state, type, language, place, report } = checked;
  if (state.Comment !== undefined) report.isA("string", state.Comment, `${place}/Comment`);
  if (type !== "Choice" && type !== "Succeed" && type !== "Fail") checkTransition(checked);
  if (state.Assign !== undefined) checkAssign(state.Assign, checked, `${place}/Assign`, "own");
  if (type === "Task" || type === "Parallel" || type === "Map") {
    if (state.Retry !== undefined) checkRetriers(state.Retry, `${place}/Retry`, report);
    if (state.Catch !== undefined) checkCatchers(state.Catch, checked, `${place}/Catch`);
  }
  if (language === "JSONata") {
    expressionsOf(checked, "Arguments", "arguments");
    expressionsOf(checked, "Output", "own");
    return;
  }
  for (const field of ["InputPath", "OutputPath"]) {
    if (state[field] !== undefined && state[field] !== null) {
      checkPath(state[field], `${place}/${field}`, report);
    }
  }
  if (state.ResultPath !== undefined && state.ResultPath !== null) {
    checkReferencePath(state.ResultPath, `${place}/ResultPath`, report, "input");
  }
  for (const field of ["Parameters", "ResultSelector"]) {
    if (state[field] !== undefined) checkTemplate(state[field], `${place}/${field}`, report);
  }
}

function checkTransition({ state, place, report }: CheckedState): void {
  if (state.End !== undefined) report.isA("boolean", state.End, `${place}/End`);
  if (state.Next !== undefined) {
    report.isA("string", state.Next, `${place}/Next`);
    if (state.End === true) report.atMostOne(state, ["Next", "End"], place);
  } else if (state.End === false || state.End === undefined) {
    report.exactlyOne({}, ["Next", "End"], place);
  }
}

/** Expressions in a field of a JSONata state. */
export function expressionsOf(checked: CheckedState, field: string, at: ExpressionPlace): void {
  const value = checked.state[field];
  if (value !== undefined) checkJsonata(value, `${checked.place}/${field}`, at, checked.report);
}

function checkTask(checked: CheckedState): void {
  const { state, language, place, report } = checked;
  report.requires(state, ["Resource"], place);
  if (state.Resource !== undefined) checkResource(checked);
  if (state.Credentials !== undefined) checkCredentials(checked);
  for (const field of ["TimeoutSeconds", "HeartbeatSeconds"]) {
    report.atMostOne(state, [field, `${field}Path`], place);
    checkIntegerField(checked, field, SECONDS);
    const path = state[`${field}Path`];
    if (language === "JSONPath" && path !== undefined) {
      checkReferencePath(path, `${place}/${field}Path`, report, "context");
    }
  }
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof timeout === "number" && typeof heartbeat === "number" && heartbeat >= timeout) {
    report.schema("The value of 'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'", place);
  }
}

function checkPass({ state, language, place, report }: CheckedState): void {
  if (language === "JSONata" || state.Result === undefined) return;
  if (readsLikePath(state.Result)) {
    report.warn(
      "PASS_RESULT_IS_STATIC",
      "The field 'Result' of a Pass state is static: paths and intrinsic functions in it are not evaluated",
      `${place}/Result`,
    );
  }
}

function readsLikePath(value: Json): boolean {
  if (typeof value === "string") return looksLikePath(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(readsLikePath);
}

function checkWait(checked: CheckedState): void {
  const { state, language, place, report } = checked;
  const fields = ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"];
  report.exactlyOne(state, language === "JSONPath" ? fields : ["Seconds", "Timestamp"], place);
  checkIntegerField(checked, "Seconds", WAIT_SECONDS);
  const { Timestamp: timestamp } = state;
  if (timestamp !== undefined && report.isA("string", timestamp, `${place}/Timestamp`)) {
    if (language === "JSONata" && (timestamp as string).startsWith("{%")) {
      expressionsOf(checked, "Timestamp", "arguments");
    } else if (instantOf(timestamp) === undefined) {
      report.schema("String does not match RFC3339 timestamp", `${place}/Timestamp`);
    }
  }
  if (language === "JSONata") return;
  for (const field of ["SecondsPath", "TimestampPath"]) {
    if (state[field] !== undefined) {
      checkReferencePath(state[field], `${place}/${field}`, report, "context");
    }
  }
}

function checkParallel({ state, place, surroundings, report }: CheckedState): void {
  report.requires(state, ["Branches"], place);
  if (!report.isList(state.Branches, `${place}/Branches`)) return;
  for (const [index, branch] of state.Branches.entries()) {
    checkInnerScope(branch, "branch", `${place}/Branches[${index}]`, surroundings);
  }
}

function checkFail(checked: CheckedState): void {
  const { state, language, place, report } = checked;
  for (const field of ["Error", "Cause"]) {
    report.atMostOne(state, [field, `${field}Path`], place);
    const value = state[field];
    if (value !== undefined && report.isA("string", value, `${place}/${field}`)) {
      if (language === "JSONata") expressionsOf(checked, field, "arguments");
      else warnOfPath(value as string, field, place, report);
    }
    const path = state[`${field}Path`];
    if (language === "JSONPath" && path !== undefined) {
      checkPath(path, `${place}/${field}Path`, report, { intrinsics: true });
    }
  }
}

/** A field that takes no path, and holds what looks like one. */
export function warnOfPath(value: string, field: string, place: string, report: Report): void {
  if (!looksLikePath(value)) return;
  report.warn(
    "NO_PATH",
    `The value of the field '${field}' looks like a path, but the name of the field does not end with 'Path'`,
    `${place}/${field}`,
  );
}
