import type { StateMachineType } from "@aws-sdk/client-sfn";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { isJson } from "../../json-text.ts";
import type { StateMachineDefinition } from "../../states-language/definition.ts";
import {
  type Diagnostic,
  invalidDefinitionMessage,
  validateDefinition,
} from "../../states-language/validate/validate.ts";
import { integrationDiagnostics } from "./task/definition-check.ts";

/** Source: API reference, CreateStateMachine, `definition`. */
const DEFINITION_LENGTH_MAX = 1_048_576;

/** All that is wrong with a definition: as the language has it, and then as the services' models do. */
export async function diagnosticsOf(
  text: string,
  options: { readonly type?: StateMachineType } = {},
): Promise<readonly Diagnostic[]> {
  const { definition, diagnostics } = validateDefinition(text, options);
  if (!definition) return diagnostics;
  return [...diagnostics, ...(await integrationDiagnostics(definition))];
}

/** Throws `InvalidDefinition` with every error of the definition. */
export async function checkDefinition(
  text: string,
  type: StateMachineType = "STANDARD",
): Promise<StateMachineDefinition> {
  checkDefinitionLength(text);
  return accepted(text, await diagnosticsOf(text, { type }));
}

/**
 * A state that is tested without its machine, as a machine that has no other: its transitions may lead anywhere.
 * Throws `InvalidDefinition`.
 */
export async function checkStateAlone(text: string, name: string): Promise<StateMachineDefinition> {
  checkDefinitionLength(text);
  if (!isJson(text)) return accepted(text, validateDefinition(text).diagnostics);
  const quoted = JSON.stringify(name);
  const machine = `{"StartAt":${quoted},"States":{${quoted}:${text}}}`;
  const { diagnostics } = validateDefinition(machine);
  const definition = accepted(
    machine,
    diagnostics.filter((diagnostic) => !leavesState(diagnostic, `/States/${name}`)),
  );
  return accepted(machine, await integrationDiagnostics(definition));
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
