import type { ExecutionStatus } from "@aws-sdk/client-sfn";
import { Constraints } from "../../../constraints.ts";
import type { OperationOf } from "../../../service.ts";
import type { ReadTransaction } from "../../../store/store.ts";
import type { World } from "../../../world.ts";
import { validationError } from "../errors.ts";
import { findMachine } from "../machine.ts";
import { parseMachineArn } from "../machine-arn.ts";
import { pageOf } from "../page.ts";
import { type Execution, getExecution, startedKey } from "./execution.ts";
import { executionPage } from "./execution-page.ts";
import { isForgotten } from "./find-execution.ts";
import { requireMapRun } from "./map-run/map-run.ts";
import { typeNotSupported } from "./start.ts";

/** In the order of AWS's own errors. */
const STATUSES: readonly ExecutionStatus[] = [
  "SUCCEEDED",
  "TIMED_OUT",
  "PENDING_REDRIVE",
  "ABORTED",
  "FAILED",
  "RUNNING",
];

/** Where a page ended: the start of its last execution, and its id. */
type Position = readonly [number, string];

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "string";
}

interface Listed {
  readonly world: World;
  /** A machine's name, or a map run's id. */
  readonly of: string;
  /** Only those started through this version or alias. */
  readonly through?: string;
}

/**
 * The executions of a machine, of one of its versions or aliases, or of a map run: the newest first.
 * Throws `StateMachineDoesNotExist`, `StateMachineTypeNotSupported`, `ResourceNotFound`, `InvalidArn`, `InvalidToken`.
 */
export const listExecutions: OperationOf<"sfn", "ListExecutions"> = (call, input) => {
  const { statusFilter, redriveFilter } = input;
  new Constraints()
    .oneOf("statusFilter", statusFilter, STATUSES)
    .oneOf("redriveFilter", redriveFilter, ["REDRIVEN", "NOT_REDRIVEN"])
    .check("ValidationException");
  const { limit, after } = executionPage(input, isPosition);
  const { cloud } = call;
  return cloud.store.read((tx) => {
    const listed = listedOf(tx, input);
    const now = cloud.clock.now();
    const wanted = (execution: Execution) =>
      !isForgotten(execution, now) &&
      (statusFilter === undefined || execution.status === statusFilter) &&
      (redriveFilter === undefined ||
        execution.redriveCount > 0 === (redriveFilter === "REDRIVEN")) &&
      (listed.through === undefined ||
        listed.through === execution.versionArn ||
        listed.through === execution.aliasArn);
    const { items, nextToken } = pageOf(
      filtered(newestFirst(tx, listed, after), wanted),
      limit,
      ({ startDate, id }): Position => [startDate, id],
    );
    return {
      executions: items.map(listItem),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

function listedOf(
  tx: ReadTransaction,
  {
    stateMachineArn,
    mapRunArn,
  }: { stateMachineArn?: string | undefined; mapRunArn?: string | undefined },
): Listed {
  if ((stateMachineArn === undefined) === (mapRunArn === undefined))
    throw validationError("Exactly one of stateMachineArn and mapRunArn must be specified");
  if (mapRunArn !== undefined) {
    const { id, account, region } = requireMapRun(tx, mapRunArn);
    return { world: { account, region }, of: id };
  }
  const { arn, name, ...world } = parseMachineArn(stateMachineArn!);
  const { machine } = findMachine(tx, stateMachineArn!);
  if (machine.type === "EXPRESS") throw typeNotSupported();
  return { world, of: name, ...(arn === stateMachineArn ? {} : { through: stateMachineArn! }) };
}

function* newestFirst(
  tx: ReadTransaction,
  { world, of }: Listed,
  after: Position | undefined,
): Generator<Execution> {
  const ids = tx.range<string>({
    prefix: startedKey(world, of),
    reverse: true,
    ...(after === undefined ? {} : { to: after }),
  });
  for (const { value } of ids) {
    const execution = getExecution(tx, world, value);
    if (execution) yield execution;
  }
}

function* filtered<T>(items: Iterable<T>, wanted: (item: T) => boolean): Generator<T> {
  for (const item of items) if (wanted(item)) yield item;
}

function listItem(execution: Execution) {
  const { arn, machine, name, status, startDate, stopDate, dispatch } = execution;
  const { versionArn, aliasArn, redriveCount, redriveDate } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate: new Date(startDate),
    ...(stopDate === undefined ? {} : { stopDate: new Date(stopDate) }),
    ...(dispatch ? { mapRunArn: dispatch.mapRunArn, itemCount: dispatch.itemCount } : {}),
    ...(versionArn === undefined ? {} : { stateMachineVersionArn: versionArn }),
    ...(aliasArn === undefined ? {} : { stateMachineAliasArn: aliasArn }),
    redriveCount,
    ...(redriveDate === undefined ? {} : { redriveDate: new Date(redriveDate) }),
  };
}
