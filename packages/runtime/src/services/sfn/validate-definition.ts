import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { diagnosticsOf } from "./checked-definition.ts";

/** Source: API reference, ValidateStateMachineDefinition. */
const DEFINITION_LENGTH_MAX = 1_048_576;
const RESULTS_MAX = 100;

/**
 * What is wrong with a definition, without a state machine. Errors make the result `FAIL`, whether or not they fit in.
 * Source: API reference, ValidateStateMachineDefinition; recorded answers of AWS, `test_sfn_api_validation` in
 * localstack/localstack.
 */
export const validateStateMachineDefinition: OperationOf<
  "sfn",
  "ValidateStateMachineDefinition"
> = async (_call, { definition, type = "STANDARD", severity = "ERROR", maxResults }) => {
  new Constraints()
    .required("definition", definition)
    .length("definition", definition, { max: DEFINITION_LENGTH_MAX })
    .oneOf("type", type, ["STANDARD", "EXPRESS"])
    .oneOf("severity", severity, ["ERROR", "WARNING"])
    .range("maxResults", maxResults, { min: 0, max: RESULTS_MAX })
    .check("ValidationException");
  const diagnostics = await diagnosticsOf(definition ?? "", { type });
  const wanted = diagnostics.filter((diagnostic) =>
    severity === "WARNING" ? true : diagnostic.severity === "ERROR",
  );
  // 0 stands for the default.
  const limit = maxResults || RESULTS_MAX;
  return {
    result: diagnostics.some((diagnostic) => diagnostic.severity === "ERROR") ? "FAIL" : "OK",
    diagnostics: wanted.slice(0, limit),
    truncated: wanted.length > limit,
  };
};
