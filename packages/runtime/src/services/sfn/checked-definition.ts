import type { StateMachineType } from "@aws-sdk/client-sfn";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { StateMachineDefinition } from "../../states-language/definition.ts";

/** Source: API reference, CreateStateMachine, `definition`. */
const DEFINITION_LENGTH_MAX = 1_048_576;

interface Diagnostic {
  readonly severity: "ERROR" | "WARNING";
  readonly code: string;
  readonly message: string;
  readonly location?: string;
}

/** Throws `InvalidDefinition` with every error of the definition, in the words of ValidateStateMachineDefinition. */
export function checkDefinition(text: string, type: StateMachineType): void {
  checkLength(text);
  refuseErrors(validateDefinition(text, { type }).diagnostics);
}

/**
 * The definition of a test: a machine, or the state `aloneAs` without one, whose transitions lead to where nothing is.
 * Throws `InvalidDefinition`.
 */
export function checkStateDefinition(text: string, aloneAs?: string): StateMachineDefinition {
  checkLength(text);
  const whole = aloneAs === undefined ? text : machineOf(aloneAs, text);
  const { definition, diagnostics } = validateDefinition(whole);
  refuseErrors(
    diagnostics.filter(({ code }) => aloneAs === undefined || !OF_TRANSITIONS.has(code)),
  );
  // What has no errors, or only those of a state's transitions, is a definition.
  return definition ?? (JSON.parse(whole) as StateMachineDefinition);
}

const OF_TRANSITIONS: ReadonlySet<string> = new Set([
  "MISSING_TRANSITION_TARGET",
  "MISSING_END_STATE",
]);

function machineOf(stateName: string, state: string): string {
  return `{"StartAt":${JSON.stringify(stateName)},"States":{${JSON.stringify(stateName)}:${state}}}`;
}

function checkLength(text: string | undefined): void {
  new Constraints()
    .required("definition", text)
    .length("definition", text, { min: 1, max: DEFINITION_LENGTH_MAX })
    .check("ValidationException");
}

function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === "ERROR");
  if (errors.length === 0) return;
  const told = errors.map(({ code, message, location }) =>
    location === undefined ? `${code}: ${message}` : `${code}: ${message} at ${location}`,
  );
  throw new ServiceError(
    "InvalidDefinition",
    `Invalid State Machine Definition: '${told.join(", ")}'`,
  );
}

function validateDefinition(
  text: string,
  _options: { type?: StateMachineType } = {},
): { definition?: StateMachineDefinition; diagnostics: Diagnostic[] } {
  try {
    return { definition: JSON.parse(text) as StateMachineDefinition, diagnostics: [] };
  } catch (error) {
    const { message } = error as Error;
    return {
      diagnostics: [{ severity: "ERROR", code: "INVALID_JSON_DESCRIPTION", message }],
    };
  }
}
