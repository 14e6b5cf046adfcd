import { randomUUID } from "node:crypto";
import type { Cloud } from "../../../cloud.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import type { World } from "../../../world.ts";
import { definitionOf, runningKey, type StateMachine } from "../machine.ts";
import { type Branch, branchesKey } from "./branch.ts";
import {
  type ExecutedMachine,
  type Execution,
  executionArn,
  executionKey,
  expressArn,
  listedUnder,
  runKey,
  startedKey,
} from "./execution.ts";
import { historyKey, type RecordedEvent } from "./history.ts";
import { logEvents } from "./logging.ts";
import { emitStart } from "./metrics.ts";
import type { Counters } from "./run.ts";
import { FIRST_COUNTERS, firstBranch, runsOf } from "./runs.ts";
import { oweStatusEvent } from "./status-event.ts";

/** What a new execution is given. */
export type ExecutionStart = World &
  Pick<
    Execution,
    | "name"
    | "machine"
    | "input"
    | "startDate"
    | "traceHeader"
    | "toldTraceHeader"
    | "testCase"
    | "versionArn"
    | "aliasArn"
    | "dispatch"
  >;

/** An execution that is about to run. */
export function newExecution({ account, region, ...start }: ExecutionStart): Execution {
  const { machine, name } = start;
  const world = { account, region };
  const unique = randomUUID();
  const isExpress = machine.type === "EXPRESS";
  return {
    account,
    region,
    ...start,
    id: isExpress ? `${machine.name}:${name}:${unique}` : `${machine.name}:${name}`,
    arn: isExpress
      ? expressArn(world, machine.name, name, unique)
      : executionArn(world, machine.name, name),
    status: "RUNNING",
    redriveCount: 0,
  };
}

/** What an execution keeps of its machine. */
export function executedMachine(machine: StateMachine, definitionId: string): ExecutedMachine {
  const { arn, name, type, roleArn, updateDate, revisionId } = machine;
  const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = machine;
  return {
    arn,
    name,
    type,
    roleArn,
    definitionId,
    updateDate,
    ...(revisionId === undefined ? {} : { revisionId }),
    loggingConfiguration,
    tracingConfiguration,
    encryptionConfiguration,
  };
}

/** Writes a new execution; it runs from the moment that this is durable. */
export function writeStart(
  tx: WriteTransaction,
  cloud: Cloud,
  execution: Execution,
  definition: string,
): void {
  const { id, startDate } = execution;
  tx.put<Execution>(executionKey(execution, id), execution);
  tx.put<Counters>(runKey(execution, id), FIRST_COUNTERS);
  const parsed = definitionOf(definition);
  const branch = firstBranch(parsed, execution.input);
  if (execution.machine.type === "STANDARD") {
    const started = startedEvent(execution);
    tx.put<RecordedEvent>([...historyKey(execution, id), started.id], started);
    tx.put<Branch>([...branchesKey(execution, id), branch.id], branch);
    if (!execution.dispatch) tx.put(runningKey(execution, execution.machine.name, id), startDate);
    oweStatusEvent(tx, cloud, execution);
  }
  if (execution.machine.type === "STANDARD" || execution.dispatch)
    tx.put([...startedKey(execution, listedUnder(execution)), startDate, id], id);
  tx.afterCommit(() => {
    reportStart(cloud, execution);
    runsOf(cloud).begin({ execution, definition: parsed, ...FIRST_COUNTERS, branches: [branch] });
  });
}

/** Tells CloudWatch that an execution began. */
export function reportStart(cloud: Cloud, execution: Execution): void {
  logEvents(cloud, execution, [startedEvent(execution)]);
  emitStart(cloud, execution);
}

function startedEvent(execution: Execution): RecordedEvent {
  const { input, machine, startDate, versionArn, aliasArn } = execution;
  return {
    id: 1,
    previousEventId: 0,
    at: startDate,
    type: "ExecutionStarted",
    details: {
      input,
      inputDetails: { truncated: false },
      roleArn: machine.roleArn,
      ...(aliasArn === undefined ? {} : { stateMachineAliasArn: aliasArn }),
      ...(versionArn === undefined ? {} : { stateMachineVersionArn: versionArn }),
    },
  };
}
