import type { Cloud } from "../../../cloud.ts";
import { isServiceError } from "../../../errors.ts";
import { DONE, type OwedHandler } from "../../../owed.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import type { Execution } from "./execution.ts";

export const STATUS_EVENT = "sfn:status-event";

const RETRY_MS = 1_000;
/**
 * An event holds at most 256 KiB: input and output that are too large are left out. Source: the Step Functions
 * developer guide, "Automating Step Functions event delivery with EventBridge".
 */
const DATA_BYTES_MAX = 248 * 1024;

/** What EventBridge is told of an execution. */
interface StatusEvent {
  readonly executionArn: string;
  readonly at: number;
  readonly detail: string;
}

/**
 * A Standard execution has started or ended: the default event bus is told. Express executions, and what a
 * distributed Map starts, tell nothing.
 */
export function oweStatusEvent(tx: WriteTransaction, cloud: Cloud, execution: Execution): void {
  if (execution.machine.type !== "STANDARD" || execution.dispatch) return;
  const { account, region, arn, startDate, stopDate, traceHeader } = execution;
  const payload: StatusEvent = {
    executionArn: arn,
    at: stopDate ?? execution.redriveDate ?? startDate,
    detail: JSON.stringify(detailOf(execution)),
  };
  cloud.owed.add(tx, {
    kind: STATUS_EVENT,
    caller: {
      account,
      region,
      principal: "states.amazonaws.com",
      source: execution.machine.arn,
      ...(traceHeader === undefined ? {} : { traceHeader }),
    },
    payload,
    lane: `${STATUS_EVENT} ${arn}`,
  });
}

/** As the developer guide's examples have it: what is not there yet is null. */
function detailOf(execution: Execution): object {
  const { arn, machine, name, status, startDate, stopDate, input, output } = execution;
  const included = Buffer.byteLength(input) + Buffer.byteLength(output ?? "") <= DATA_BYTES_MAX;
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate,
    stopDate: stopDate ?? null,
    input: included ? input : null,
    output: included ? (output ?? null) : null,
    inputDetails: { included },
    outputDetails: output === undefined ? null : { included },
    error: execution.error ?? null,
    cause: execution.cause ?? null,
    redriveCount: execution.redriveCount,
    redriveDate: execution.redriveDate ?? null,
    redriveStatus: status === "RUNNING" || status === "SUCCEEDED" ? "NOT_REDRIVABLE" : "REDRIVABLE",
    redriveStatusReason:
      status === "RUNNING" || status === "SUCCEEDED"
        ? `Execution is ${status} and cannot be redriven`
        : null,
    stateMachineVersionArn: execution.versionArn ?? null,
    stateMachineAliasArn: execution.aliasArn ?? null,
  };
}

/** Puts an execution's change of status on the default bus. */
export const putStatusEvent: OwedHandler = async (cloud, { caller, payload }) => {
  // What `oweStatusEvent` wrote.
  const { executionArn, at, detail } = payload as StatusEvent;
  try {
    await cloud.call(caller, "eventbridge", "PutEvents", {
      Entries: [
        {
          Source: "aws.states",
          DetailType: "Step Functions Execution Status Change",
          Time: new Date(at),
          Resources: [executionArn],
          Detail: detail,
        },
      ],
    });
    return DONE;
  } catch (error) {
    // A cloud without EventBridge has nobody to tell.
    if (isServiceError(error, "NotImplemented")) return DONE;
    return { done: false, againAt: cloud.clock.now() + RETRY_MS };
  }
};
