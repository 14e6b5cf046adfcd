import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { aliasesOfVersion } from "./alias.ts";
import { conflict, validationError } from "./errors.ts";
import {
  type MachineVersion,
  machineDeleting,
  machineKey,
  type StateMachine,
  versionsKey,
} from "./machine.ts";
import { parseMachineArn, qualifiedArn } from "./machine-arn.ts";
import { checkArnGiven } from "./names.ts";
import { requireOwnMachine } from "./own-machine.ts";
import { pageAsked, pageOf } from "./page.ts";

/** Source: API reference, PublishStateMachineVersion. */
const VERSIONS_MAX = 1_000;
const DESCRIPTION_LENGTH_MAX = 256;
/** What a machine's revision is called before its first update. */
const INITIAL_REVISION = "INITIAL";

/** Idempotent: a revision has one version. Throws `ConflictException` where `revisionId` is not the machine's. */
export const publishStateMachineVersion: OperationOf<"sfn", "PublishStateMachineVersion"> = (
  call,
  { stateMachineArn, revisionId, description },
) => {
  checkArnGiven("stateMachineArn", stateMachineArn);
  new Constraints()
    .length("description", description, { max: DESCRIPTION_LENGTH_MAX })
    .check("ValidationException");
  return call.cloud.store.write((tx) => {
    const machine = requireOwnMachine(tx, call.caller, stateMachineArn);
    if (machine.status === "DELETING") throw machineDeleting(machine.arn);
    const current = machine.revisionId ?? INITIAL_REVISION;
    if (revisionId !== undefined && revisionId !== current)
      throw conflict(
        `Failed to publish the State Machine version for revision ${revisionId}. The current State Machine revision is ${current}.`,
      );
    const version =
      versionOfRevision(tx, machine) ??
      publishVersion(tx, machine, description ?? "", call.cloud.clock.now());
    return {
      creationDate: new Date(version.creationDate),
      stateMachineVersionArn: version.arn,
    };
  });
};

/** The newest first. */
export const listStateMachineVersions: OperationOf<"sfn", "ListStateMachineVersions"> = (
  call,
  { stateMachineArn, ...page },
) => {
  checkArnGiven("stateMachineArn", stateMachineArn);
  const { limit, after } = pageAsked(page, isNumber);
  return call.cloud.store.read((tx) => {
    const machine = requireOwnMachine(tx, call.caller, stateMachineArn);
    const { items, nextToken } = pageOf(
      versionsBefore(tx, machine, after),
      limit,
      ({ number }) => number,
    );
    return {
      stateMachineVersions: items.map(({ arn, creationDate }) => ({
        stateMachineVersionArn: arn,
        creationDate: new Date(creationDate),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

/** One that is not there is deleted already. Throws `ConflictException` where an alias leads to it. */
export const deleteStateMachineVersion: OperationOf<"sfn", "DeleteStateMachineVersion"> = async (
  call,
  { stateMachineVersionArn },
) => {
  checkArnGiven("stateMachineVersionArn", stateMachineVersionArn);
  const arn = parseMachineArn(stateMachineVersionArn);
  const { version } = arn;
  if (version === undefined)
    throw validationError(
      `The ARN must be that of a state machine version: '${stateMachineVersionArn}'`,
    );
  await call.cloud.store.write((tx) => {
    const aliases = aliasesOfVersion(tx, arn, arn.name, version);
    if (aliases.length > 0)
      throw conflict(
        `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${aliases.map(({ name }) => name).join(", ")}]`,
      );
    tx.delete([...versionsKey(arn, arn.name), version]);
  });
  return {};
};

/** The version of the machine's present revision. There is one at most, and none is newer. */
export function versionOfRevision(
  tx: ReadTransaction,
  machine: StateMachine,
): MachineVersion | undefined {
  for (const version of versionsBefore(tx, machine, undefined))
    return version.revisionId === machine.revisionId ? version : undefined;
  return undefined;
}

/** Keeps the machine's present revision as its next version. Throws `ServiceQuotaExceededException`. */
export function publishVersion(
  tx: WriteTransaction,
  machine: StateMachine,
  description: string,
  now: number,
): MachineVersion {
  const world = parseMachineArn(machine.arn);
  const prefix = versionsKey(world, machine.name);
  // Fewer numbers than the limit were given out: no need to count.
  if (machine.nextVersion > VERSIONS_MAX && [...tx.range({ prefix })].length >= VERSIONS_MAX)
    throw new ServiceError(
      "ServiceQuotaExceededException",
      `The state machine has ${VERSIONS_MAX} versions, which is the maximum: '${machine.arn}'`,
    );
  const { definition, roleArn, loggingConfiguration, tracingConfiguration } = machine;
  const { encryptionConfiguration, revisionId, nextVersion: number } = machine;
  const version: MachineVersion = {
    arn: qualifiedArn(machine.arn, number),
    number,
    description,
    creationDate: now,
    definition,
    roleArn,
    loggingConfiguration,
    tracingConfiguration,
    encryptionConfiguration,
    ...(revisionId === undefined ? {} : { revisionId }),
  };
  tx.put<MachineVersion>([...prefix, number], version);
  tx.put<StateMachine>(machineKey(world, machine.name), { ...machine, nextVersion: number + 1 });
  return version;
}

function* versionsBefore(
  tx: ReadTransaction,
  machine: StateMachine,
  before: number | undefined,
): Generator<MachineVersion> {
  const prefix = versionsKey(parseMachineArn(machine.arn), machine.name);
  const range = tx.range<MachineVersion>({
    prefix,
    reverse: true,
    ...(before === undefined ? {} : { to: [before] }),
  });
  for (const { value } of range) yield value;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
