import { COMPARISONS_WITH_PATH, operandTypeOf, TYPE_TESTS } from "../choice-operators.ts";
import type { Json, JsonObject } from "../definition.ts";
import { instantOf } from "../timestamp.ts";
import { checkAssign } from "./assign.ts";
import { checkLanguage } from "./fields.ts";
import { checkJsonata } from "./jsonata.ts";
import { checkVariable } from "./paths.ts";
import { type CheckedState, warnOfPath } from "./state.ts";

const COMPARISONS = [
  ...COMPARISONS_WITH_PATH.flatMap((name) => [name, `${name}Path`]),
  "StringMatches",
  ...TYPE_TESTS,
];
const SELECTORS = ["And", "Or", "Not", "Variable", "Condition"];
const TEST_FIELDS = new Set([...SELECTORS, ...COMPARISONS, "Comment"]);
const RULE_FIELDS = new Set([...TEST_FIELDS, "Next", "Assign", "Output"]);

/** The rules of a Choice. Wording: cdk_preflight's rule pf-sfn-asl-choice-rules, measured. */
export function checkChoices(checked: CheckedState): void {
  const { state, place, report } = checked;
  report.requires(state, ["Choices"], place);
  if (state.Default !== undefined) report.isA("string", state.Default, `${place}/Default`);
  if (!report.isList(state.Choices, `${place}/Choices`)) return;
  for (const [index, rule] of state.Choices.entries()) {
    const at = `${place}/Choices[${index}]`;
    if (!report.isObject(rule, at)) continue;
    report.requires(rule, ["Next"], at);
    if (rule.Next !== undefined) report.isA("string", rule.Next, `${at}/Next`);
    report.allowsOnly(rule, RULE_FIELDS, at);
    checkLanguage(rule, checked.language, report, at);
    if (rule.Assign !== undefined) checkAssign(rule.Assign, checked, `${at}/Assign`, "own");
    if (checked.language === "JSONata") checkCondition(rule, checked, at);
    else checkTest(rule, checked, at);
  }
}

function checkCondition(rule: JsonObject, { report }: CheckedState, place: string): void {
  if (rule.Output !== undefined) checkJsonata(rule.Output, `${place}/Output`, "own", report);
  const { Condition: condition } = rule;
  if (condition === undefined) {
    if (!SELECTORS.some((name) => Object.hasOwn(rule, name))) {
      report.requires(rule, ["Condition"], place);
    }
  } else if (typeof condition !== "boolean") {
    if (!report.isA("string", condition, `${place}/Condition`)) return;
    checkJsonata(condition, `${place}/Condition`, "arguments", report);
    if (!(condition as string).startsWith("{%")) {
      report.schema("JSONata string must start with {% and end with %}", `${place}/Condition`);
    }
  }
}

function checkTest(test: JsonObject, checked: CheckedState, place: string): void {
  const { report } = checked;
  if (SELECTORS.filter((name) => Object.hasOwn(test, name)).length !== 1) {
    report.schema(
      `The object must have only one of the following fields, [${SELECTORS.join(", ")}]`,
      place,
    );
    return;
  }
  if (test.Variable !== undefined) {
    checkComparison(test, checked, place);
    return;
  }
  for (const operator of ["And", "Or"]) {
    const tests = test[operator];
    if (!report.isList(tests, `${place}/${operator}`)) continue;
    for (const [index, inner] of tests.entries()) {
      checkInnerTest(inner, checked, `${place}/${operator}[${index}]`);
    }
  }
  if (test.Not !== undefined) checkInnerTest(test.Not, checked, `${place}/Not`);
}

function checkInnerTest(test: Json, checked: CheckedState, place: string): void {
  const { language, report } = checked;
  if (!report.isObject(test, place)) return;
  report.allowsOnly(test, TEST_FIELDS, place);
  checkLanguage(test, language, report, place);
  checkTest(test, checked, place);
}

function checkComparison(test: JsonObject, { report }: CheckedState, place: string): void {
  checkVariable(test.Variable!, `${place}/Variable`, report);
  report.exactlyOne(test, COMPARISONS, place);
  for (const name of COMPARISONS) {
    const value = test[name];
    if (value !== undefined) checkOperand(name, value, place, report);
  }
}

function checkOperand(
  name: string,
  value: Json,
  place: string,
  report: CheckedState["report"],
): void {
  const at = `${place}/${name}`;
  if (TYPE_TESTS.includes(name)) {
    report.isA("boolean", value, at);
  } else if (name.endsWith("Path")) {
    checkVariable(value, at, report);
  } else if (name === "StringMatches") {
    report.isA("string", value, at);
  } else {
    const type = operandTypeOf(name);
    if (type === "number") report.isNumber(value, {}, at);
    else if (type === "boolean") report.isA("boolean", value, at);
    else if (report.isA("string", value, at)) {
      if (type === "timestamp" && instantOf(value) === undefined) {
        report.schema("String does not match RFC3339 timestamp", at);
      }
      warnOfPath(value as string, name, place, report);
    }
  }
}
