import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { checkRevision, checkVersionDescription } from "./create-machine.ts";
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
  const checked = await checkRevision(call, before.type, {
    definition: changes.definition ?? before.definition,
    roleArn: changes.roleArn ?? before.roleArn,
    loggingConfiguration: changes.loggingConfiguration ?? before.loggingConfiguration,
    tracingConfiguration: changes.tracingConfiguration ?? before.tracingConfiguration,
    encryptionConfiguration: changes.encryptionConfiguration ?? before.encryptionConfiguration,
  });
  const now = call.cloud.clock.now();
  return call.cloud.store.write((tx) => {
    const machine = requireOwnMachine(tx, call.caller, stateMachineArn);
    if (machine.status === "DELETING") throw machineDeleting(machine.arn);
    const updated = { ...revised(machine, checked, changes), updateDate: now };
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

/** Another update may have come since `checked` was filled up with what was there: only what was given counts. */
function revised(
  machine: StateMachine,
  checked: Omit<Revision, "revisionId">,
  given: Readonly<Record<string, unknown>>,
): StateMachine {
  const changes = Object.fromEntries(
    Object.entries(checked).filter(([member]) => given[member] !== undefined),
  ) as Partial<Revision>;
  const updated = { ...machine, ...changes };
  return isDeepStrictEqual(updated, machine) ? machine : { ...updated, revisionId: randomUUID() };
}
