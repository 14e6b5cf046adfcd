import type { ScanInput } from "@aws-sdk/client-dynamodb";
import type { OperationOf } from "../../service.ts";
import {
  checkKeyPaths,
  encodePartitionKey,
  type Item,
  readScan,
  refusal,
  segmentRange,
} from "./engine/index.ts";
import { emitConsumed } from "./metrics.ts";
import { type Reading, readPage } from "./page.ts";
import {
  checkedStartKey,
  checkSelect,
  consistencyOf,
  fetchesFromTable,
  pageAnswer,
  readRequestChecks,
  requireIndex,
} from "./read-request.ts";
import { type Index, requireTable, type Table } from "./table.ts";

/** Source: API reference of Scan, TotalSegments. */
const SEGMENTS_MAX = 1_000_000;

/** Scan: all items of a table or an index, or of a segment of it, in the order of their partitions' hashes. */
export const scan: OperationOf<"dynamodb", "Scan"> = (call, input) => {
  readRequestChecks(input)
    .range("limit", input.Limit, { min: 1 })
    .range("totalSegments", input.TotalSegments, { min: 1, max: SEGMENTS_MAX })
    .range("segment", input.Segment, { min: 0, max: SEGMENTS_MAX - 1 })
    .check("ValidationException");
  checkSelect(input);
  const { filter, projection } = readScan(input);
  checkSegments(input);
  const table = requireTable(call, input.TableName!);
  const index = requireIndex(table, input);
  checkKeyPaths({ condition: filter, projection }, table.key, table.indexes);
  const segment = segmentOf(input);
  const reading: Reading = {
    table,
    index,
    from: segment ? [segment.from] : [],
    to: segment?.to === undefined ? undefined : [segment.to],
    reverse: false,
    startKey: startKeyOf(table, index, input, segment),
    limit: input.Limit,
    filter,
    consistency: consistencyOf(input),
    fetches: fetchesFromTable(index, input.Select, projection),
  };
  const page = call.cloud.store.read((tx) => readPage(tx, reading));
  emitConsumed(call.cloud, table, page.consumption);
  return pageAnswer(input, page, projection);
};

function checkSegments({ Segment, TotalSegments }: ScanInput): void {
  if (Segment !== undefined && TotalSegments === undefined) {
    throw refusal(
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    );
  }
  if (TotalSegments === undefined) return;
  if (Segment === undefined) {
    throw refusal(
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    );
  }
  if (Segment >= TotalSegments) {
    throw refusal(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${Segment} is not less than TotalSegments: ${TotalSegments}`,
    );
  }
}

type Segment = ReturnType<typeof segmentRange> | undefined;

function segmentOf({ Segment, TotalSegments }: ScanInput): Segment {
  return TotalSegments === undefined ? undefined : segmentRange(Segment!, TotalSegments);
}

function startKeyOf(
  table: Table,
  index: Index | undefined,
  input: ScanInput,
  segment: Segment,
): Item | undefined {
  if (!input.ExclusiveStartKey) return undefined;
  const startKey = checkedStartKey(table, index, input.ExclusiveStartKey);
  if (!segment) return startKey;
  const partition = encodePartitionKey(startKey[(index?.key ?? table.key).hash.name]!);
  if (partition < segment.from || (segment.to !== undefined && partition >= segment.to)) {
    throw refusal(
      `The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${input.TotalSegments} Segment: ${input.Segment}`,
    );
  }
  return startKey;
}
