import type { OperationOf } from "../../../service.ts";
import { definitionOf } from "../machine.ts";
import { checkArnGiven } from "../names.ts";
import { variableReferences } from "../variable-references.ts";
import { definitionText } from "./execution.ts";
import { requireExecution } from "./find-execution.ts";
import { redriveStatusOf } from "./redrive.ts";

/** Throws `ExecutionDoesNotExist`, `InvalidArn`. */
export const describeExecution: OperationOf<"sfn", "DescribeExecution"> = (call, input) => {
  const { executionArn, includedData } = input;
  checkArnGiven("executionArn", executionArn);
  const { cloud } = call;
  const now = cloud.clock.now();
  return cloud.store.read((tx) => {
    const execution = requireExecution(tx, executionArn, now);
    const { arn, machine, name, status, startDate, stopDate, output, dispatch } = execution;
    const { toldTraceHeader, error, cause, versionArn, aliasArn, redriveDate } = execution;
    const included = includedData !== "METADATA_ONLY";
    return {
      executionArn: arn,
      stateMachineArn: machine.arn,
      name,
      status,
      startDate: new Date(startDate),
      ...(stopDate === undefined ? {} : { stopDate: new Date(stopDate) }),
      ...(included ? { input: execution.input, inputDetails: { included } } : {}),
      ...(included && output !== undefined ? { output, outputDetails: { included } } : {}),
      ...(toldTraceHeader === undefined ? {} : { traceHeader: toldTraceHeader }),
      ...(dispatch ? { mapRunArn: dispatch.mapRunArn } : {}),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
      ...(versionArn === undefined ? {} : { stateMachineVersionArn: versionArn }),
      ...(aliasArn === undefined ? {} : { stateMachineAliasArn: aliasArn }),
      redriveCount: execution.redriveCount,
      ...(redriveDate === undefined ? {} : { redriveDate: new Date(redriveDate) }),
      ...redriveStatusOf(tx, execution, now),
    };
  });
};

/** The machine as the execution has it: as it was when that started. */
export const describeStateMachineForExecution: OperationOf<
  "sfn",
  "DescribeStateMachineForExecution"
> = (call, { executionArn, includedData }) => {
  checkArnGiven("executionArn", executionArn);
  const { cloud } = call;
  return cloud.store.read((tx) => {
    const execution = requireExecution(tx, executionArn, cloud.clock.now());
    const { machine, dispatch } = execution;
    const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = machine;
    const definition = definitionText(tx, execution, machine.definitionId);
    const references = variableReferences(definitionOf(definition));
    return {
      stateMachineArn: machine.arn,
      name: machine.name,
      definition: includedData === "METADATA_ONLY" ? "" : definition,
      roleArn: machine.roleArn,
      updateDate: new Date(machine.updateDate),
      ...(loggingConfiguration ? { loggingConfiguration } : {}),
      ...(tracingConfiguration ? { tracingConfiguration } : {}),
      ...(encryptionConfiguration ? { encryptionConfiguration } : {}),
      ...(dispatch ? { mapRunArn: dispatch.mapRunArn, label: dispatch.label } : {}),
      ...(machine.revisionId === undefined ? {} : { revisionId: machine.revisionId }),
      ...(Object.keys(references).length === 0 ? {} : { variableReferences: references }),
    };
  });
};
