import type { OperationOf } from "../../../service.ts";
import { checkArnGiven } from "../names.ts";
import { pageOf } from "../page.ts";
import { executionPage } from "./execution-page.ts";
import { requireExecution } from "./find-execution.ts";
import { historyKey, type RecordedEvent, toHistoryEvent } from "./history.ts";

function isEventId(value: unknown): value is number {
  return typeof value === "number";
}

/** The events of a Standard execution, a page at a time. Throws `ExecutionDoesNotExist`, `InvalidArn`, `InvalidToken`. */
export const getExecutionHistory: OperationOf<"sfn", "GetExecutionHistory"> = (call, input) => {
  const { executionArn, reverseOrder = false, includeExecutionData = true } = input;
  checkArnGiven("executionArn", executionArn);
  const { limit, after } = executionPage(input, isEventId);
  const { cloud } = call;
  return cloud.store.read((tx) => {
    const execution = requireExecution(tx, executionArn, cloud.clock.now());
    const prefix = historyKey(execution, execution.id);
    const bounds = reverseOrder ? { to: [after ?? Infinity] } : { from: [(after ?? 0) + 1] };
    const entries = tx.range<RecordedEvent>({ prefix, reverse: reverseOrder, ...bounds });
    const { items, nextToken } = pageOf(entries, limit, ({ value }) => value.id);
    return {
      events: items.map(({ value }) => toHistoryEvent(value, includeExecutionData)),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};
