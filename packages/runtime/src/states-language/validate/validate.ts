import type { Json, QueryLanguage, StateMachineDefinition } from "../definition.ts";
import { jsonProblem } from "../json-problem.ts";
import { checkGraph } from "./graph.ts";
import { type Diagnostic, Report } from "./report.ts";
import { checkScope, type Surroundings } from "./scope.ts";

export type { Diagnostic } from "./report.ts";

/** Objects and lists in each other; AWS has a limit (TOO_DEEPLY_NESTED), and doesn't tell it. */
const NESTING_MAX = 500;

const TOP_FIELDS = new Set([
  "Comment",
  "QueryLanguage",
  "StartAt",
  "TimeoutSeconds",
  "Version",
  "States",
]);

/**
 * All that CreateStateMachine and ValidateStateMachineDefinition check of a definition. The definition is in the answer
 * where no diagnostic is an error. States and transitions between them are looked at once each state is well formed.
 * Source: the States Language's specification; the diagnostics are AWS's, each measured one named where it stands.
 */
export function validateDefinition(
  text: string,
  options: { readonly type?: "STANDARD" | "EXPRESS" } = {},
): { readonly definition?: StateMachineDefinition; readonly diagnostics: Diagnostic[] } {
  const report = new Report();
  const root = parse(text, report);
  if (root === undefined) return { diagnostics: report.diagnostics };
  if (typeof root !== "object" || root === null || Array.isArray(root)) {
    report.error("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object");
    return { diagnostics: report.diagnostics };
  }
  if (nestsDeeper(root, NESTING_MAX)) {
    report.error("TOO_DEEPLY_NESTED", `The definition nests more than ${NESTING_MAX} levels deep`);
    return { diagnostics: report.diagnostics };
  }
  report.requires(root, ["States", "StartAt"], "/");
  report.allowsOnly(root, TOP_FIELDS, "/");
  if (root.Version !== undefined) report.isOneOf(root.Version, ["1.0"], "/Version");
  if (root.Comment !== undefined) report.isA("string", root.Comment, "/Comment");
  if (root.TimeoutSeconds !== undefined) {
    report.isInteger(root.TimeoutSeconds, { min: 0, max: 99_999_999 }, "/TimeoutSeconds");
  }
  if (root.QueryLanguage !== undefined) {
    report.isOneOf(root.QueryLanguage, ["JSONPath", "JSONata"], "/QueryLanguage");
  }
  const surroundings: Surroundings = {
    report,
    machineLanguage: languageOf(root.QueryLanguage, "JSONPath"),
    express: options.type === "EXPRESS",
    names: new Set(),
    labels: new Set(),
  };
  checkScope(root, "", surroundings);
  if (report.hasErrors) return { diagnostics: report.diagnostics };
  // every field has been checked to be of its type
  const definition = root as unknown as StateMachineDefinition;
  checkGraph(definition, "", report);
  return report.hasErrors
    ? { diagnostics: report.diagnostics }
    : { definition, diagnostics: report.diagnostics };
}

/**
 * What `InvalidDefinition` tells of a definition's errors: `Invalid State Machine Definition: 'CODE: message at place,
 * …'`, with `null` where there is no place, as AWS has it.
 */
export function invalidDefinitionMessage(diagnostics: readonly Diagnostic[]): string {
  const told = diagnostics
    .filter(({ severity }) => severity === "ERROR")
    .map(({ code, message, location }) => `${code}: ${message} at ${location ?? null}`);
  return `Invalid State Machine Definition: '${told.join(", ")}'`;
}

/** A language as AWS takes the field: anything that is there and not exactly `JSONPath` is JSONata. */
export function languageOf(written: Json | undefined, inherited: QueryLanguage): QueryLanguage {
  if (written === undefined) return inherited;
  return written === "JSONPath" ? "JSONPath" : "JSONata";
}

function parse(text: string, report: Report): Json | undefined {
  if (text === "") {
    report.error("MISSING_DESCRIPTION", "Received a null or empty workflow input.");
    return undefined;
  }
  if (text.trim() === "") {
    report.error("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object");
    return undefined;
  }
  const problem = jsonProblem(text);
  if (!problem) return JSON.parse(text) as Json;
  report.error(
    "INVALID_JSON_DESCRIPTION",
    `${problem.message}\n at ${problem.source}`,
    problem.source,
  );
  return undefined;
}

/** Without recursion, since the text comes from outside. */
function nestsDeeper(root: Json, levels: number): boolean {
  let level: Json[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}
