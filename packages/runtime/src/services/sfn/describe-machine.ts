import type { DescribeStateMachineOutput } from "@aws-sdk/client-sfn";
import { Constraints } from "../../constraints.ts";
import { entriesAfter, isName } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { validationError } from "./errors.ts";
import { runsOf } from "./execution/runs.ts";
import {
  definitionOf,
  type FoundMachine,
  findMachine,
  machineKey,
  machinesKey,
  type StateMachine,
  settleDeletion,
} from "./machine.ts";
import { parseMachineArn } from "./machine-arn.ts";
import { checkArnGiven } from "./names.ts";
import { parseOwnMachineArn } from "./own-machine.ts";
import { pageAsked, pageOf } from "./page.ts";
import { variableReferences } from "./variable-references.ts";

/** A version's ARN gives the version; an alias's the first version that it leads to. */
export const describeStateMachine: OperationOf<"sfn", "DescribeStateMachine"> = (
  call,
  { stateMachineArn, includedData },
) => {
  checkArnGiven("stateMachineArn", stateMachineArn);
  new Constraints()
    .oneOf("includedData", includedData, ["ALL_DATA", "METADATA_ONLY"])
    .check("ValidationException");
  const arn = parseOwnMachineArn(call.caller, stateMachineArn);
  const found = call.cloud.store.read((tx) => findMachine(tx, arn.text, () => 0));
  const shown = shownMachine(found, arn.text);
  return includedData === "METADATA_ONLY" ? withoutDefinition(shown) : shown;
};

export const listStateMachines: OperationOf<"sfn", "ListStateMachines"> = (call, input) => {
  const { limit, after } = pageAsked(input, isName);
  return call.cloud.store.read((tx) => {
    const { items, nextToken } = pageOf(
      machinesAfter(tx, machinesKey(call.caller), after),
      limit,
      ({ name }) => name,
    );
    return {
      stateMachines: items.map(({ arn, name, type, creationDate }) => ({
        stateMachineArn: arn,
        name,
        type,
        creationDate: new Date(creationDate),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

/**
 * The machine is `DELETING` as long as executions of it run; one that is not there is deleted already. Its versions
 * and aliases go with it. Source: API reference, DeleteStateMachine.
 */
export const deleteStateMachine: OperationOf<"sfn", "DeleteStateMachine"> = async (
  call,
  { stateMachineArn },
) => {
  checkArnGiven("stateMachineArn", stateMachineArn);
  const arn = parseMachineArn(stateMachineArn);
  if (arn.label !== undefined) parseOwnMachineArn(call.caller, stateMachineArn);
  if (arn.version !== undefined || arn.alias !== undefined)
    throw validationError(
      `The ARN must be that of a state machine, without a version or an alias: '${stateMachineArn}'`,
    );
  await call.cloud.store.write((tx) => {
    const key = machineKey(arn, arn.name);
    const machine = tx.get<StateMachine>(key);
    if (!machine) return;
    tx.put<StateMachine>(key, { ...machine, status: "DELETING" });
    settleDeletion(tx, arn, arn.name);
    tx.afterCommit(() => runsOf(call.cloud).doom(arn, arn.name));
  });
  return {};
};

function shownMachine(
  { machine, version }: FoundMachine,
  stateMachineArn: string,
): DescribeStateMachineOutput {
  const references = variableReferences(definitionOf(machine.definition));
  return {
    stateMachineArn,
    name: machine.name,
    status: machine.status,
    definition: machine.definition,
    roleArn: machine.roleArn,
    type: machine.type,
    creationDate: new Date(version?.creationDate ?? machine.creationDate),
    loggingConfiguration: machine.loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration,
    encryptionConfiguration: machine.encryptionConfiguration,
    ...(machine.revisionId === undefined ? {} : { revisionId: machine.revisionId }),
    ...(version?.description ? { description: version.description } : {}),
    ...(Object.keys(references).length === 0 ? {} : { variableReferences: references }),
  };
}

function withoutDefinition(shown: DescribeStateMachineOutput): DescribeStateMachineOutput {
  const { variableReferences: _references, ...rest } = shown;
  return { ...rest, definition: "{}" };
}

function* machinesAfter(
  tx: ReadTransaction,
  prefix: ReturnType<typeof machinesKey>,
  after: string | undefined,
): Generator<StateMachine> {
  const start = after === undefined ? undefined : [after];
  for (const { value } of entriesAfter<StateMachine>(tx, prefix, start)) yield value;
}
