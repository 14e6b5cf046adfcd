import { defineService } from "../../service.ts";
// A service imports no other; but these two are two faces of one engine: a table's write and its stream's record are
// one transaction, so what streams are lies with the tables, and here is only what AWS made a service of its own.
import { countStreamRequest } from "../dynamodb/request-metrics.ts";
import {
  describeStream,
  getRecords,
  getShardIterator,
  listStreams,
} from "../dynamodb/stream/operations.ts";

/** DynamoDB Streams. */
export const dynamodbstreams = defineService({
  name: "dynamodbstreams",
  operations: {
    DescribeStream: describeStream,
    GetRecords: getRecords,
    GetShardIterator: getShardIterator,
    ListStreams: listStreams,
  },
  ended: countStreamRequest,
});
