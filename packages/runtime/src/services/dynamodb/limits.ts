import type { OperationOf } from "../../service.ts";

/** An account's initial quotas. Source: developer guide, "Quotas in Amazon DynamoDB". Nothing here enforces them. */
const ACCOUNT_UNITS_MAX = 80_000;
const TABLE_UNITS_MAX = 40_000;
const ENDPOINT_CACHE_MINUTES = 1440;

/** DescribeLimits. */
export const describeLimits: OperationOf<"dynamodb", "DescribeLimits"> = () => ({
  AccountMaxReadCapacityUnits: ACCOUNT_UNITS_MAX,
  AccountMaxWriteCapacityUnits: ACCOUNT_UNITS_MAX,
  TableMaxReadCapacityUnits: TABLE_UNITS_MAX,
  TableMaxWriteCapacityUnits: TABLE_UNITS_MAX,
});

/** DescribeEndpoints: this cloud is its own endpoint. */
export const describeEndpoints: OperationOf<"dynamodb", "DescribeEndpoints"> = ({ cloud }) => ({
  Endpoints: [
    {
      Address: new URL(cloud.endpoint).host,
      CachePeriodInMinutes: ENDPOINT_CACHE_MINUTES,
    },
  ],
});
