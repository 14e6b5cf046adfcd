import type { Json, JsonObject } from "../definition.ts";
import { checkAssign } from "./assign.ts";
import { checkLanguage } from "./fields.ts";
import { checkJsonata } from "./jsonata.ts";
import { checkReferencePath } from "./paths.ts";
import type { Report } from "./report.ts";
import type { CheckedState } from "./state.ts";

const RETRIER_FIELDS = new Set([
  "ErrorEquals",
  "IntervalSeconds",
  "MaxAttempts",
  "BackoffRate",
  "MaxDelaySeconds",
  "JitterStrategy",
  "Comment",
]);
const CATCHER_FIELDS = new Set([
  "ErrorEquals",
  "Next",
  "ResultPath",
  "Output",
  "Assign",
  "Comment",
]);

/** Ranges as measured: cdk_preflight's rule pf-sfn-asl-numeric-ranges. An interval of 0 is taken. */
const INTERVAL_SECONDS = { min: 0, max: 99_999_999 };
const MAX_ATTEMPTS = { min: 0, max: 99_999_999 };
const MAX_DELAY_SECONDS = { min: 1, max: 31_622_400 };
const BACKOFF_RATE = { min: 1 };

export function checkRetriers(value: Json, place: string, report: Report): void {
  if (!report.isA("array", value, place)) return;
  const list = value as Json[];
  for (const [index, retrier] of list.entries()) {
    const at = `${place}[${index}]`;
    if (!report.isObject(retrier, at)) continue;
    report.requires(retrier, ["ErrorEquals"], at);
    report.allowsOnly(retrier, RETRIER_FIELDS, at);
    checkErrorEquals(retrier, index === list.length - 1, at, report);
    const { IntervalSeconds, MaxAttempts, MaxDelaySeconds, BackoffRate, JitterStrategy } = retrier;
    if (IntervalSeconds !== undefined) {
      report.isInteger(IntervalSeconds, INTERVAL_SECONDS, `${at}/IntervalSeconds`);
    }
    if (MaxAttempts !== undefined) report.isInteger(MaxAttempts, MAX_ATTEMPTS, `${at}/MaxAttempts`);
    if (MaxDelaySeconds !== undefined) {
      report.isInteger(MaxDelaySeconds, MAX_DELAY_SECONDS, `${at}/MaxDelaySeconds`);
    }
    if (BackoffRate !== undefined) report.isNumber(BackoffRate, BACKOFF_RATE, `${at}/BackoffRate`);
    if (JitterStrategy !== undefined) {
      report.isOneOf(JitterStrategy, ["NONE", "FULL"], `${at}/JitterStrategy`);
    }
  }
}

export function checkCatchers(value: Json, checked: CheckedState, place: string): void {
  const { language, report } = checked;
  if (!report.isA("array", value, place)) return;
  const list = value as Json[];
  for (const [index, catcher] of list.entries()) {
    const at = `${place}[${index}]`;
    if (!report.isObject(catcher, at)) continue;
    report.requires(catcher, ["ErrorEquals", "Next"], at);
    report.allowsOnly(catcher, CATCHER_FIELDS, at);
    checkLanguage(catcher, language, report, at);
    checkErrorEquals(catcher, index === list.length - 1, at, report);
    if (catcher.Next !== undefined) report.isA("string", catcher.Next, `${at}/Next`);
    if (catcher.Assign !== undefined)
      checkAssign(catcher.Assign, checked, `${at}/Assign`, "catcher");
    if (language === "JSONata") {
      if (catcher.Output !== undefined)
        checkJsonata(catcher.Output, `${at}/Output`, "catcher", report);
    } else if (catcher.ResultPath !== undefined && catcher.ResultPath !== null) {
      checkReferencePath(catcher.ResultPath, `${at}/ResultPath`, report, "input");
    }
  }
}

function checkErrorEquals(entry: JsonObject, isLast: boolean, place: string, report: Report): void {
  const at = `${place}/ErrorEquals`;
  const { ErrorEquals: names } = entry;
  if (!report.isList(names, at)) return;
  for (const [index, name] of names.entries()) report.isA("string", name, `${at}[${index}]`);
  if (names.includes("States.ALL") && (names.length > 1 || !isLast)) {
    report.schema("States.ALL must appear alone and at end of list", at);
  }
}
