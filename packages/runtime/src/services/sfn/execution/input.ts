import { ServiceError } from "../../../errors.ts";
import type { Json } from "../../../states-language/definition.ts";
import { jsonProblem } from "../../../states-language/json-problem.ts";

/** The input of an execution as a value. Throws `InvalidExecutionInput` with what AWS's parser says of it. */
export function parsedInput(input: string): Json {
  try {
    return JSON.parse(input) as Json;
  } catch {
    const problem = input === "" ? undefined : jsonProblem(input);
    const complaint = problem?.message ?? "Invalid execution input.";
    throw new ServiceError(
      "InvalidExecutionInput",
      `Invalid State Machine Execution Input: '${complaint}'`,
    );
  }
}
