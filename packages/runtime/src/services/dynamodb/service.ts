import { defineService } from "../../service.ts";
import { createTable } from "./create-table.ts";
import { deleteTable } from "./delete-table.ts";
import { describeTable } from "./describe-table.ts";
import { EMPTY, empty } from "./empty-space.ts";
import { startExpiry } from "./expiry.ts";
import { getItem } from "./get-item.ts";
import { listTables } from "./list-tables.ts";
import { query } from "./query.ts";
import { scan } from "./scan.ts";
import { makeRetention } from "./stream/retention.ts";
import { listTagsOfResource, tagResource, untagResource } from "./tags.ts";
import { deleteItem, putItem, updateItem } from "./write-item.ts";

/**
 * DynamoDB. Throughput is kept, shown and reckoned, and never enforced: AWS throttles by bursts that no program can
 * rely on. A fault at the door throttles when it is asked to.
 */
export const dynamodb = defineService({
  name: "dynamodb",
  operations: {
    CreateTable: createTable,
    DeleteItem: deleteItem,
    DeleteTable: deleteTable,
    DescribeTable: describeTable,
    GetItem: getItem,
    ListTables: listTables,
    ListTagsOfResource: listTagsOfResource,
    PutItem: putItem,
    Query: query,
    Scan: scan,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateItem: updateItem,
  },
  owed: { [EMPTY]: empty },
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
