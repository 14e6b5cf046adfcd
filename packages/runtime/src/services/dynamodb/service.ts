import { defineService } from "../../service.ts";
import { batchGetItem } from "./batch-get.ts";
import { batchWriteItem } from "./batch-write.ts";
import { describeContinuousBackups, updateContinuousBackups } from "./continuous-backups.ts";
import { createTable } from "./create-table.ts";
import { deleteTable } from "./delete-table.ts";
import { describeTable } from "./describe-table.ts";
import { EMPTY, empty } from "./empty-space.ts";
import { startExpiry } from "./expiry.ts";
import { getItem } from "./get-item.ts";
import { FILL, fill, REMOVE, removeFromTable } from "./index-build.ts";
import { describeEndpoints, describeLimits } from "./limits.ts";
import { listTables } from "./list-tables.ts";
import { batchExecuteStatement } from "./partiql/batch-execute.ts";
import { executeStatement } from "./partiql/execute-statement.ts";
import { executeTransaction } from "./partiql/execute-transaction.ts";
import { query } from "./query.ts";
import { countRequest } from "./request-metrics.ts";
import { scan } from "./scan.ts";
import { makeRetention } from "./stream/retention.ts";
import { listTagsOfResource, tagResource, untagResource } from "./tags.ts";
import {
  describeTimeToLive,
  SCHEDULE_ALL,
  scheduleAll,
  UNSCHEDULE_ALL,
  unscheduleAll,
  updateTimeToLive,
} from "./time-to-live.ts";
import { transactGetItems } from "./transact-get.ts";
import { transactWriteItems } from "./transact-write.ts";
import { updateTable } from "./update-table.ts";
import { deleteItem, putItem, updateItem } from "./write-item.ts";

/**
 * DynamoDB. Throughput is kept, shown and reckoned, and never enforced: AWS throttles by bursts that no program can
 * rely on. A fault at the door throttles when it is asked to.
 */
export const dynamodb = defineService({
  name: "dynamodb",
  operations: {
    BatchExecuteStatement: batchExecuteStatement,
    BatchGetItem: batchGetItem,
    BatchWriteItem: batchWriteItem,
    CreateTable: createTable,
    DeleteItem: deleteItem,
    DeleteTable: deleteTable,
    DescribeContinuousBackups: describeContinuousBackups,
    DescribeEndpoints: describeEndpoints,
    DescribeLimits: describeLimits,
    DescribeTable: describeTable,
    DescribeTimeToLive: describeTimeToLive,
    ExecuteStatement: executeStatement,
    ExecuteTransaction: executeTransaction,
    GetItem: getItem,
    ListTables: listTables,
    ListTagsOfResource: listTagsOfResource,
    PutItem: putItem,
    Query: query,
    Scan: scan,
    TagResource: tagResource,
    TransactGetItems: transactGetItems,
    TransactWriteItems: transactWriteItems,
    UntagResource: untagResource,
    UpdateContinuousBackups: updateContinuousBackups,
    UpdateItem: updateItem,
    UpdateTable: updateTable,
    UpdateTimeToLive: updateTimeToLive,
  },
  ended: countRequest,
  owed: {
    [EMPTY]: empty,
    [FILL]: fill,
    [REMOVE]: removeFromTable,
    [SCHEDULE_ALL]: scheduleAll,
    [UNSCHEDULE_ALL]: unscheduleAll,
  },
  start: (cloud) => {
    const retention = cloud.derived(makeRetention);
    retention.start();
    const stopExpiry = startExpiry(cloud);
    return () => {
      stopExpiry();
      retention.stop();
    };
  },
});
