import type { StateMachineType } from "@aws-sdk/client-sfn";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { StateMachineDefinition } from "../../states-language/definition.ts";
import {
  type Diagnostic,
  invalidDefinitionMessage,
  validateDefinition,
} from "../../states-language/validate/validate.ts";

/** Source: API reference, CreateStateMachine, `definition`. */
const DEFINITION_LENGTH_MAX = 1_048_576;

/** Throws `InvalidDefinition` with every error of the definition. */
export function checkDefinition(
  text: string,
  type: StateMachineType = "STANDARD",
): StateMachineDefinition {
  checkDefinitionLength(text);
  return accepted(text, validateDefinition(text, { type }).diagnostics);
}

/**
 * A state that is tested without its machine, as a machine that has no other: its transitions may lead anywhere.
 * Throws `InvalidDefinition`.
 */
export function checkStateAlone(text: string, name: string): StateMachineDefinition {
  checkDefinitionLength(text);
  if (!isJson(text)) return accepted(text, validateDefinition(text).diagnostics);
  const quoted = JSON.stringify(name);
  const machine = `{"StartAt":${quoted},"States":{${quoted}:${text}}}`;
  const { diagnostics } = validateDefinition(machine);
  return accepted(
    machine,
    diagnostics.filter((diagnostic) => !leavesState(diagnostic, `/States/${name}`)),
  );
}

/** Throws `ValidationException` on a definition that is missing or too long. */
export function checkDefinitionLength(text: string | undefined): void {
  new Constraints()
    .required("definition", text)
    .length("definition", text, { min: 1, max: DEFINITION_LENGTH_MAX })
    .check("ValidationException");
}

function accepted(text: string, diagnostics: readonly Diagnostic[]): StateMachineDefinition {
  if (diagnostics.some(({ severity }) => severity === "ERROR"))
    throw new ServiceError("InvalidDefinition", invalidDefinitionMessage(diagnostics));
  // What has no error is a definition.
  return JSON.parse(text) as StateMachineDefinition;
}

/** Of the transitions of the state itself, and not of states within it. */
function leavesState({ code, location = "" }: Diagnostic, state: string): boolean {
  const ofTransition = code === "MISSING_TRANSITION_TARGET" || code === "MISSING_END_STATE";
  return ofTransition && !location.slice(state.length).includes("/States/");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
