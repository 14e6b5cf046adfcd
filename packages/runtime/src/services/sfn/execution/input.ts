import { ServiceError } from "../../../errors.ts";
import type { Json } from "../../../states-language/definition.ts";
import { dataProblem } from "../../../states-language/json-problem.ts";

/** The input of an execution as a value. Throws `InvalidExecutionInput` with what AWS's parser says of it. */
export function parsedInput(input: string): Json {
  const complaint = input === "" ? "Invalid execution input." : dataProblem(input);
  if (complaint === undefined) return JSON.parse(input) as Json;
  throw new ServiceError(
    "InvalidExecutionInput",
    `Invalid State Machine Execution Input: '${complaint}'`,
  );
}
