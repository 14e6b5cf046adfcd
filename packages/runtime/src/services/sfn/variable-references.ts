import type { StateMachineDefinition } from "../../states-language/definition.ts";

/** Which variables each state refers to, by the names of the states; those that refer to none are left out. */
export function variableReferences(_definition: StateMachineDefinition): Record<string, string[]> {
  return {};
}
