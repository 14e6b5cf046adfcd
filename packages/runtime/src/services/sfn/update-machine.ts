import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { UpdateStateMachineInput } from "@aws-sdk/client-sfn";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { checkDefinition } from "./checked-definition.ts";
import { checkEncryption, checkLogging, checkRole, checkTracing } from "./configuration.ts";
import { checkVersionDescription } from "./create-machine.ts";
import {
  type MachineVersion,
  machineDeleting,
  machineKey,
  type Revision,
  type StateMachine,
} from "./machine.ts";
import { checkArnGiven } from "./names.ts";
import { requireOwnMachine } from "./own-machine.ts";
import { publishVersion, versionOfRevision } from "./version.ts";

/**
 * Changes what executions start with from now on; those that run go on as they began. What changes nothing keeps
 * the revision. Source: API reference, UpdateStateMachine; recorded answers of AWS,
 * `test_create_update_state_machine_same_parameters` in localstack/localstack.
 */
export const updateStateMachine: OperationOf<"sfn", "UpdateStateMachine"> = async (call, input) => {
  const { stateMachineArn, publish, versionDescription, ...changes } = input;
  checkArnGiven("stateMachineArn", stateMachineArn);
  new Constraints()
    .length("versionDescription", versionDescription, { max: 256 })
    .length("roleArn", input.roleArn, { min: 1, max: 256 })
    .check("ValidationException");
  const before = call.cloud.store.read((tx) => requireOwnMachine(tx, call.caller, stateMachineArn));
  checkVersionDescription(input);
  if (publish !== true && Object.values(changes).every((change) => change === undefined))
    throw new ServiceError(
      "MissingRequiredParameter",
      "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
    );
  const revision = await changesOf(call, before, input);
  const now = call.cloud.clock.now();
  return call.cloud.store.write((tx) => {
    const machine = requireOwnMachine(tx, call.caller, stateMachineArn);
    if (machine.status === "DELETING") throw machineDeleting(machine.arn);
    const updated = { ...revised(machine, revision), updateDate: now };
    tx.put<StateMachine>(machineKey(call.caller, machine.name), updated);
    const version: MachineVersion | undefined =
      publish === true
        ? (versionOfRevision(tx, updated) ??
          publishVersion(tx, updated, versionDescription ?? "", now))
        : undefined;
    return {
      updateDate: new Date(now),
      ...(updated.revisionId === undefined ? {} : { revisionId: updated.revisionId }),
      ...(version === undefined ? {} : { stateMachineVersionArn: version.arn }),
    };
  });
};

/** The parts of a revision that a request gives, checked; what it leaves out stays as it is, and unchecked. */
async function changesOf(
  call: Call,
  { arn, type }: StateMachine,
  input: UpdateStateMachineInput,
): Promise<Partial<Revision>> {
  const { definition, roleArn, loggingConfiguration, tracingConfiguration } = input;
  const { encryptionConfiguration } = input;
  if (roleArn !== undefined) checkRole(roleArn);
  if (definition !== undefined) await checkDefinition(definition, type);
  return {
    ...(definition && { definition }),
    ...(roleArn && { roleArn }),
    ...(loggingConfiguration && {
      loggingConfiguration: await checkLogging(call, arn, loggingConfiguration),
    }),
    ...(tracingConfiguration && { tracingConfiguration: checkTracing(tracingConfiguration) }),
    ...(encryptionConfiguration && {
      encryptionConfiguration: checkEncryption(encryptionConfiguration),
    }),
  };
}

function revised(machine: StateMachine, changes: Partial<Revision>): StateMachine {
  const updated = { ...machine, ...changes };
  return isDeepStrictEqual(updated, machine) ? machine : { ...updated, revisionId: randomUUID() };
}
