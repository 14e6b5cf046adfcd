import { Constraints } from "../../../../constraints.ts";
import type { OperationOf } from "../../../../service.ts";
import { checkArnGiven } from "../../names.ts";
import { pageOf } from "../../page.ts";
import { executionPage } from "../execution-page.ts";
import { requireExecution } from "../find-execution.ts";
import { type Counts, goOn, type MapRun, mapRunKey, mapRunsKey, requireMapRun } from "./map-run.ts";

/** Throws `ResourceNotFound`, `InvalidArn`. */
export const describeMapRun: OperationOf<"sfn", "DescribeMapRun"> = (call, input) => {
  checkArnGiven("mapRunArn", input.mapRunArn);
  const mapRun = call.cloud.store.read((tx) => requireMapRun(tx, input.mapRunArn ?? ""));
  const { executions, items, total, begun, stopDate, redriveDate } = mapRun;
  return {
    mapRunArn: mapRun.arn,
    executionArn: mapRun.parent.arn,
    status: mapRun.status,
    startDate: new Date(mapRun.startDate),
    ...(stopDate === undefined ? {} : { stopDate: new Date(stopDate) }),
    maxConcurrency: mapRun.maxConcurrency,
    toleratedFailureCount: mapRun.toleratedFailureCount ?? 0,
    toleratedFailurePercentage: mapRun.toleratedFailurePercentage ?? 0,
    executionCounts: counts(executions, total, total - begun),
    itemCounts: counts(items, items.total, items.total - begunOf(items)),
    redriveCount: mapRun.redriveCount,
    ...(redriveDate === undefined ? {} : { redriveDate: new Date(redriveDate) }),
  };
};

/** The map runs of an execution, the newest first. Throws `ExecutionDoesNotExist`, `InvalidArn`, `InvalidToken`. */
export const listMapRuns: OperationOf<"sfn", "ListMapRuns"> = (call, input) => {
  checkArnGiven("executionArn", input.executionArn);
  const { limit, after } = executionPage(input, isPosition);
  const { cloud } = call;
  return cloud.store.read((tx) => {
    const execution = requireExecution(tx, input.executionArn ?? "", cloud.clock.now());
    const ids = tx.range<string>({
      prefix: mapRunsKey(execution, execution.id),
      reverse: true,
      ...(after === undefined ? {} : { to: after }),
    });
    const { items, nextToken } = pageOf(ids, limit, ({ key }) => key.slice(-2));
    const mapRuns = items.map(({ value }) => tx.get<MapRun>(mapRunKey(execution, value))!);
    return {
      mapRuns: mapRuns.map(({ arn, parent, machine, startDate, stopDate }) => ({
        executionArn: parent.arn,
        mapRunArn: arn,
        stateMachineArn: machine.arn,
        startDate: new Date(startDate),
        ...(stopDate === undefined ? {} : { stopDate: new Date(stopDate) }),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

/** Changes the limits of a map run while it runs. Throws `ResourceNotFound`, `InvalidArn`, `ValidationException`. */
export const updateMapRun: OperationOf<"sfn", "UpdateMapRun"> = async (call, input) => {
  const { mapRunArn, maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = input;
  checkArnGiven("mapRunArn", mapRunArn);
  new Constraints()
    .range("maxConcurrency", maxConcurrency, { min: 0 })
    .range("toleratedFailureCount", toleratedFailureCount, { min: 0 })
    .range("toleratedFailurePercentage", toleratedFailurePercentage, { min: 0, max: 100 })
    .check("ValidationException");
  await call.cloud.store.write((tx) => {
    const mapRun = requireMapRun(tx, mapRunArn);
    if (mapRun.status !== "RUNNING") return;
    goOn(tx, call.cloud, {
      ...mapRun,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(toleratedFailureCount === undefined ? {} : { toleratedFailureCount }),
      ...(toleratedFailurePercentage === undefined ? {} : { toleratedFailurePercentage }),
    });
  });
  return {};
};

type Position = readonly [number, string];

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "string";
}

function begunOf({ running, succeeded, failed, timedOut, aborted }: Counts): number {
  return running + succeeded + failed + timedOut + aborted;
}

/** Without S3 no results are written there; AWS counts those that are the state's output. */
function counts(of: Counts, total: number, pending: number) {
  const { running, succeeded, failed, timedOut, aborted } = of;
  return {
    pending,
    running,
    succeeded,
    failed,
    timedOut,
    aborted,
    total,
    resultsWritten: succeeded,
    failuresNotRedrivable: 0,
    pendingRedrive: 0,
  };
}
