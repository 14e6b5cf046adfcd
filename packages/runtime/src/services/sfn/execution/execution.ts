import { createHash } from "node:crypto";
import type {
  EncryptionConfiguration,
  ExecutionStatus,
  LoggingConfiguration,
  StateMachineType,
  TracingConfiguration,
} from "@aws-sdk/client-sfn";
import { arn } from "../../../arn.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../../store/store.ts";
import type { World } from "../../../world.ts";

/** A run of a state machine: what it was started with, and how it ended. Where it stands is told by its branches. */
export interface Execution extends World {
  /** `<machine>:<name>`, the end of its ARN: its own within the account and Region. */
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly machine: ExecutedMachine;
  /** Of a version or an alias, where the execution was started through one. */
  readonly versionArn?: string;
  readonly aliasArn?: string;
  /** As it was given: JSON. */
  readonly input: string;
  /** Milliseconds since 1970. */
  readonly startDate: number;
  /** The chain of requests that it goes on with. */
  readonly traceHeader?: string;
  /** What its starter's input said of the chain: all that AWS tells of it. */
  readonly toldTraceHeader?: string;
  /** The test case of a mock configuration that answers its tasks. */
  readonly testCase?: string;
  /** Where a distributed Map started it. */
  readonly dispatch?: Dispatch;

  readonly status: ExecutionStatus;
  readonly stopDate?: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount: number;
  readonly redriveDate?: number;
  /** Of the latest redrive. */
  readonly lastClientToken?: string;
}

/** The machine as it was when the execution started; an update of it changes no execution. */
export interface ExecutedMachine {
  /** Unqualified; of a distributed Map's children `<machine ARN>/<label>`. */
  readonly arn: string;
  readonly name: string;
  readonly type: StateMachineType;
  readonly roleArn: string;
  /** Names the text of its definition; see {@link keepDefinition}. */
  readonly definitionId: string;
  readonly updateDate: number;
  readonly revisionId?: string;
  readonly loggingConfiguration?: LoggingConfiguration;
  readonly tracingConfiguration?: TracingConfiguration;
  readonly encryptionConfiguration?: EncryptionConfiguration;
}

/** How a distributed Map's child belongs to its map run. */
export interface Dispatch {
  readonly mapRunArn: string;
  readonly mapRunId: string;
  readonly label: string;
  /** Of the item, or of the batch. */
  readonly index: number;
  readonly itemCount: number;
}

/** Source: the Step Functions developer guide, "Service quotas": input and output of a state, a task, an execution. */
export const PAYLOAD_BYTES_MAX = 256 * 1024;

export function executionKey({ account, region }: World, id: string): Key {
  return ["sfn", account, region, "execution", id];
}

/** The executions of a machine, or of a map run, in the order of their starts. */
export function startedKey({ account, region }: World, of: string): Key {
  return ["sfn", account, region, "started", of];
}

/** What runs, of all accounts and Regions: taken up again when the cloud starts. */
export const RUNS = ["sfn-run"] as const;

export function runKey({ account, region }: World, id: string): Key {
  return [...RUNS, account, region, id];
}

export function executionArn(
  { account, region }: World,
  machineName: string,
  name: string,
): string {
  return arn("states", region, account, `execution:${machineName}:${name}`);
}

/** An Express execution may share its name with others; the last part is its own. */
export function expressArn(
  { account, region }: World,
  machineName: string,
  name: string,
  unique: string,
): string {
  return arn("states", region, account, `express:${machineName}:${name}:${unique}`);
}

/** Under what its started executions are listed: a map run's children apart from the machine's own. */
export function listedUnder({ machine, dispatch }: Execution): string {
  return dispatch === undefined ? machine.name : dispatch.mapRunId;
}

export function getExecution(tx: ReadTransaction, world: World, id: string): Execution | undefined {
  return tx.get<Execution>(executionKey(world, id));
}

/**
 * Keeps the text of a definition once, however many executions were started with it, and gives its name. Executions
 * outlive updates of their machine.
 */
export function keepDefinition(tx: WriteTransaction, world: World, text: string): string {
  const id = definitionIdOf(text);
  const key = definitionKey(world, id);
  if (tx.get(key) === undefined) tx.put(key, text);
  return id;
}

export function definitionText(tx: ReadTransaction, world: World, id: string): string {
  const text = tx.get<string>(definitionKey(world, id));
  if (text === undefined) throw new Error(`the definition ${id} of an execution is not kept`);
  return text;
}

export function definitionIdOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function definitionKey({ account, region }: World, id: string): Key {
  return ["sfn", account, region, "definition", id];
}
