import type {
  EncryptionConfiguration,
  LoggingConfiguration,
  StateMachineStatus,
  StateMachineType,
  TracingConfiguration,
} from "@aws-sdk/client-sfn";
import { ServiceError } from "../../errors.ts";
import type { StateMachineDefinition } from "../../states-language/definition.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { type MachineArn, parseMachineArn } from "./machine-arn.ts";

/** What an execution takes from its state machine when it starts; what a version keeps. */
export interface Revision {
  /** The Amazon States Language, as it was given. */
  readonly definition: string;
  readonly roleArn: string;
  readonly loggingConfiguration: LoggingConfiguration;
  readonly tracingConfiguration: TracingConfiguration;
  readonly encryptionConfiguration: EncryptionConfiguration;
  /** A machine that was never updated has none: it is `INITIAL`. */
  readonly revisionId?: string;
}

export interface StateMachine extends Revision {
  /** Without a qualifier. */
  readonly arn: string;
  readonly name: string;
  readonly type: StateMachineType;
  /** `DELETING` until the last of its executions has ended. */
  readonly status: StateMachineStatus;
  /** Milliseconds since 1970. */
  readonly creationDate: number;
  readonly updateDate: number;
  readonly tags: Tags;
  /** Numbers of versions never come back. */
  readonly nextVersion: number;
  /** How it was created: a later request to create it is the same one when it asks for the same. */
  readonly publishedAtCreation: boolean;
  readonly versionDescriptionAtCreation: string;
}

/** A state machine as it was when the version was published. */
export interface MachineVersion extends Revision {
  readonly arn: string;
  readonly number: number;
  readonly description: string;
  readonly creationDate: number;
}

export interface MachineAlias {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  /** Of one version or two; the weights are percentages, 100 together. */
  readonly routes: readonly AliasRoute[];
  readonly creationDate: number;
  readonly updateDate: number;
}

export interface AliasRoute {
  readonly version: number;
  readonly weight: number;
}

/** What an ARN leads to: the machine as the version that was asked for (or was drawn) has it. */
export interface FoundMachine {
  readonly machine: StateMachine;
  /** The machine's text; see {@link definitionOf}. */
  readonly definition: string;
  readonly versionArn?: string;
  readonly aliasArn?: string;
  readonly version?: MachineVersion;
}

export function machinesKey({ account, region }: World): Key {
  return ["sfn", account, region, "machine"];
}

export function machineKey(world: World, name: string): Key {
  return [...machinesKey(world), name];
}

export function versionsKey({ account, region }: World, machineName: string): Key {
  return ["sfn", account, region, "version", machineName];
}

export function aliasesKey({ account, region }: World, machineName: string): Key {
  return ["sfn", account, region, "alias", machineName];
}

function runningsKey({ account, region }: World, machineName: string): Key {
  return ["sfn", account, region, "running", machineName];
}

/** Throws `StateMachineDoesNotExist`. */
export function requireMachine(tx: ReadTransaction, arn: MachineArn): StateMachine {
  const machine = tx.get<StateMachine>(machineKey(arn, arn.name));
  if (!machine) throw machineDoesNotExist(arn.text);
  return machine;
}

/**
 * The machine that an ARN leads to: a machine's own, a version's, or an alias's, for which one of its versions is
 * drawn by their weights; `random` is from 0 to 1. Throws `InvalidArn`, `StateMachineDoesNotExist`.
 * Source: the developer guide, "Starting executions with a version or alias".
 */
export function findMachine(
  tx: ReadTransaction,
  arn: string,
  random: () => number = Math.random,
): FoundMachine {
  const parsed = parseMachineArn(arn);
  const machine = requireMachine(tx, parsed);
  if (parsed.version !== undefined) return asVersion(machine, requireVersion(tx, parsed));
  if (parsed.alias === undefined) return { machine, definition: machine.definition };
  const alias = tx.get<MachineAlias>([...aliasesKey(parsed, parsed.name), parsed.alias]);
  if (!alias) throw machineDoesNotExist(arn);
  const drawn = { ...parsed, version: drawVersion(alias.routes, random) };
  return { ...asVersion(machine, requireVersion(tx, drawn)), aliasArn: alias.arn };
}

export function requireVersion(tx: ReadTransaction, arn: MachineArn): MachineVersion {
  const key = [...versionsKey(arn, arn.name), arn.version ?? 0];
  const version = tx.get<MachineVersion>(key);
  if (!version) throw machineDoesNotExist(arn.text);
  return version;
}

export function drawVersion(routes: readonly AliasRoute[], random: () => number): number {
  let left = random() * 100;
  for (const { version, weight } of routes) {
    if (left < weight) return version;
    left -= weight;
  }
  // Weights sum to 100, and a version of weight 0 is never drawn.
  return routes.findLast(({ weight }) => weight > 0)!.version;
}

/** Where an execution of a machine is noted as long as it runs. */
export function runningKey(world: World, machineName: string, executionId: string): Key {
  return [...runningsKey(world, machineName), executionId];
}

/**
 * Removes a machine that is `DELETING`, with its versions and aliases, when none of its executions runs any more.
 * To be called where an execution ends, in the transaction that deletes its {@link runningKey}.
 */
export function settleDeletion(tx: WriteTransaction, world: World, machineName: string): void {
  const machine = tx.get<StateMachine>(machineKey(world, machineName));
  if (machine?.status !== "DELETING") return;
  for (const _running of tx.range({ prefix: runningsKey(world, machineName), limit: 1 })) return;
  for (const prefix of [versionsKey(world, machineName), aliasesKey(world, machineName)])
    for (const { key } of [...tx.range({ prefix })]) tx.delete(key);
  tx.delete(machineKey(world, machineName));
}

/** What is `DELETING` starts nothing and is not changed any more. The words are in tests of cdkd, as AWS answered. */
export function machineDeleting(arn: string): ServiceError {
  return new ServiceError("StateMachineDeleting", `State Machine is being deleted: '${arn}'`);
}

export function machineDoesNotExist(arn: string): ServiceError {
  return new ServiceError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
}

const DEFINITIONS_MAX = 200;
const definitions = new Map<string, StateMachineDefinition>();

/** A definition's text as a value; the latest are kept, since executions of few machines start often. */
export function definitionOf(text: string): StateMachineDefinition {
  const known = definitions.get(text);
  if (known) return known;
  // The text was validated before it was kept.
  const definition = JSON.parse(text) as StateMachineDefinition;
  if (definitions.size >= DEFINITIONS_MAX) definitions.delete(definitions.keys().next().value!);
  definitions.set(text, definition);
  return definition;
}

function asVersion(machine: StateMachine, version: MachineVersion): FoundMachine {
  const { definition, roleArn, loggingConfiguration, tracingConfiguration, revisionId } = version;
  const { encryptionConfiguration } = version;
  const { revisionId: _latest, ...rest } = machine;
  return {
    machine: {
      ...rest,
      definition,
      roleArn,
      loggingConfiguration,
      tracingConfiguration,
      encryptionConfiguration,
      ...(revisionId === undefined ? {} : { revisionId }),
    },
    definition,
    versionArn: version.arn,
    version,
  };
}
