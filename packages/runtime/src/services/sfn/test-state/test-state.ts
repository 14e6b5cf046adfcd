import { Constraints } from "../../../constraints.ts";
import type { OperationOf } from "../../../service.ts";
import { runState } from "./run.ts";
import { subjectOf } from "./subject.ts";

/** Source: API reference, TestState. */
const STATE_NAME_LENGTH_MAX = 80;
const DATA_LENGTH_MAX = 262_144;
const RETRIES_MAX = 50;

/**
 * Runs one state, without a state machine, once: an error that its `Retry` takes is told, not retried.
 * Source: API reference, TestState; recorded answers of AWS, tests/aws/services/stepfunctions/v2/test_state in
 * localstack/localstack.
 */
export const testState: OperationOf<"sfn", "TestState"> = async (call, input) => {
  const { inspectionLevel = "INFO", stateName, stateConfiguration, mock } = input;
  new Constraints()
    .oneOf("inspectionLevel", inspectionLevel, ["INFO", "DEBUG", "TRACE"])
    .oneOf("mock.fieldValidationMode", mock?.fieldValidationMode, ["STRICT", "PRESENT", "NONE"])
    .length("stateName", stateName, { min: 1, max: STATE_NAME_LENGTH_MAX })
    .length("input", input.input, { max: DATA_LENGTH_MAX })
    .length("variables", input.variables, { max: DATA_LENGTH_MAX })
    .length("context", input.context, { max: DATA_LENGTH_MAX })
    .range("stateConfiguration.retrierRetryCount", stateConfiguration?.retrierRetryCount, {
      min: 0,
      max: RETRIES_MAX,
    })
    .range(
      "stateConfiguration.mapIterationFailureCount",
      stateConfiguration?.mapIterationFailureCount,
      { min: 0 },
    )
    .check("ValidationException");
  const { inspectionData, ...output } = await runState(call, await subjectOf(call, input));
  return inspectionLevel === "INFO" ? output : { ...output, inspectionData };
};
