import type {
  Distribution,
  SubscriptionFilter as SubscriptionFilterShown,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { isServiceError, ServiceError } from "../../errors.ts";
import { isName, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { DELIVERY, type Delivery } from "./delivery.ts";
import {
  constrainGroupName,
  DESCRIBE_LIMIT_MAX,
  findGroup,
  groupArn,
  type LogGroup,
} from "./group.ts";
import {
  deleteFilter,
  filterConstraints,
  type GroupFilter,
  putFilter,
  SUBSCRIPTION_FILTER,
} from "./group-filter.ts";
import { subscriptionFiltersKey } from "./keys.ts";
import { decodeNextToken } from "./page.ts";
import { compilePattern } from "./patterns/pattern.ts";
import { eventId, type LogEvent } from "./timeline.ts";

interface SubscriptionFilter extends GroupFilter {
  /** A function's ARN. */
  readonly destinationArn: string;
  readonly roleArn?: string;
  /** Kept and shown; it means something for Kinesis only. */
  readonly distribution: Distribution;
}

const FUNCTION_ARN = /^arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+(?::[^:]+)?$/;

export const putSubscriptionFilter: OperationOf<"logs", "PutSubscriptionFilter"> = async (
  { cloud, caller },
  input,
) => {
  const { logGroupName = "", filterName = "", filterPattern = "", destinationArn = "" } = input;
  const { distribution = "ByLogStream", roleArn, applyOnTransformedLogs = false } = input;
  filterConstraints(input)
    .required("destinationArn", input.destinationArn)
    .length("destinationArn", input.destinationArn, { min: 1 })
    .oneOf("distribution", distribution, ["Random", "ByLogStream"])
    .check("InvalidParameterException");
  compilePattern(filterPattern);
  cloud.store.read((tx) => findGroup(tx, caller, logGroupName));
  await checkDestination(cloud, caller, destinationArn);
  const filter: SubscriptionFilter = {
    name: filterName,
    pattern: filterPattern,
    destinationArn,
    ...(roleArn === undefined ? {} : { roleArn }),
    distribution,
    creationTime: cloud.clock.now(),
    applyOnTransformedLogs,
  };
  await cloud.store.write((tx) => putFilter(tx, caller, logGroupName, SUBSCRIPTION_FILTER, filter));
  return {};
};

/** AWS tries the function when it is subscribed; here it is looked up. Its resource policy is not asked. */
async function checkDestination(
  cloud: Cloud,
  caller: Caller,
  destinationArn: string,
): Promise<void> {
  if (!FUNCTION_ARN.test(destinationArn))
    throw new ServiceError(
      "InvalidParameterException",
      `Flyball delivers log events to Lambda functions only, and '${destinationArn}' is no function's ARN.`,
    );
  try {
    await cloud.call(caller, "lambda", "GetFunctionConfiguration", {
      FunctionName: destinationArn,
    });
  } catch (error) {
    if (!isServiceError(error, "ResourceNotFoundException")) return;
    throw new ServiceError(
      "InvalidParameterException",
      "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.",
    );
  }
}

export const deleteSubscriptionFilter: OperationOf<"logs", "DeleteSubscriptionFilter"> = (
  call,
  input,
) => deleteFilter(call, SUBSCRIPTION_FILTER, input);

export const describeSubscriptionFilters: OperationOf<"logs", "DescribeSubscriptionFilters"> = (
  { cloud, caller },
  { logGroupName = "", filterNamePrefix = "", nextToken, limit = DESCRIBE_LIMIT_MAX },
) => {
  constrainGroupName(new Constraints(), logGroupName)
    .range("limit", limit, { min: 1, max: DESCRIBE_LIMIT_MAX })
    .check("InvalidParameterException");
  const after = decodeNextToken(nextToken, isName);
  return cloud.store.read((tx) => {
    const { number } = findGroup(tx, caller, logGroupName);
    const filters = [
      ...tx.range<SubscriptionFilter>({ prefix: subscriptionFiltersKey(caller, number) }),
    ]
      .map(({ value }) => value)
      .filter(
        ({ name }) => name.startsWith(filterNamePrefix) && (after === undefined || name > after),
      );
    const { items, ...more } = takePage(filters, limit, ({ name }) => name);
    return { subscriptionFilters: items.map((filter) => show(logGroupName, filter)), ...more };
  });
};

function show(logGroupName: string, filter: SubscriptionFilter): SubscriptionFilterShown {
  const { name, pattern, ...rest } = filter;
  return { filterName: name, logGroupName, filterPattern: pattern, ...rest };
}

/**
 * Owes each subscribed function what its filter finds in a batch. The chain of requests ends here: CloudWatch Logs
 * carries no trace header, so what the function does is a chain of its own, as on AWS.
 */
export function oweDeliveries(
  cloud: Cloud,
  tx: WriteTransaction,
  { account, region }: Caller,
  group: LogGroup,
  events: readonly LogEvent[],
): void {
  const world = { account, region };
  const source = groupArn(world, group.name);
  const caller: Caller = { ...world, principal: "logs.amazonaws.com", source };
  for (const { value: filter } of tx.range<SubscriptionFilter>({
    prefix: subscriptionFiltersKey(world, group.number),
  })) {
    const pattern = compilePattern(filter.pattern);
    const found = events.filter(({ message }) => pattern.match(message));
    if (found.length === 0) continue;
    const payload: Delivery = {
      logGroup: group.name,
      logStream: found[0]!.stream,
      filterName: filter.name,
      destinationArn: filter.destinationArn,
      logEvents: found.map(({ position, message }) => ({
        id: eventId(position),
        timestamp: position[0],
        message,
      })),
    };
    cloud.owed.add(tx, { kind: DELIVERY, caller, payload });
  }
}
