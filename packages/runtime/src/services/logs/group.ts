import type { LogGroupClass, LogGroup as LogGroupShown } from "@aws-sdk/client-cloudwatch-logs";
import { arn } from "../../arn.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { isName, type Page, takePage } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import { groupKey, groupsKey, keysOfGroup, nextNumberKey, useKey, type World } from "./keys.ts";
import { decodeNextToken } from "./page.ts";
import { owePurge } from "./purge.ts";
import { checkTags } from "./tags.ts";

export interface LogGroup {
  /** Unique in its world for ever; see keys.ts. */
  readonly number: number;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly creationTime: number;
  readonly logGroupClass: LogGroupClass;
  readonly retentionInDays?: number;
  readonly kmsKeyId?: string;
  readonly deletionProtectionEnabled: boolean;
  readonly tags: Tags;
  /** Counted here so that a batch put into a group without filters looks for none. */
  readonly metricFilterCount: number;
  readonly subscriptionFilterCount: number;
}

/** What changes with every batch, apart from the group so that little is written. */
export interface GroupUse {
  readonly nextSequence: number;
  readonly storedBytes: number;
}

export const UNUSED: GroupUse = { nextSequence: 1, storedBytes: 0 };

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const NAME_LENGTH_MAX = 512;
export const GROUP_NAME_PATTERN = "[\\.\\-_/#A-Za-z0-9]+";
const IDENTIFIER_LENGTH_MAX = 2048;
const IDENTIFIER_PATTERN = "[\\w#+=/:,.@-]*";
const CLASSES: readonly LogGroupClass[] = [
  "STANDARD",
  "INFREQUENT_ACCESS",
  "ESSENTIALS",
  "DELIVERY",
];
/** For all Describe operations of the service, by default and at most. */
export const DESCRIBE_LIMIT_MAX = 50;

/** Numbers never come back, whatever is deleted: groups and streams share one count. */
export function takeNumber(tx: WriteTransaction, world: World): number {
  const number = tx.get<number>(nextNumberKey(world)) ?? 1;
  tx.put(nextNumberKey(world), number + 1);
  return number;
}

/** Adds the checks of a log group's name, which nearly every operation takes. */
export function constrainGroupName(
  constraints: Constraints,
  name: string | undefined,
): Constraints {
  return constraints
    .required("logGroupName", name)
    .length("logGroupName", name, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("logGroupName", name, GROUP_NAME_PATTERN);
}

export function checkGroupName(name: string | undefined): asserts name is string {
  constrainGroupName(new Constraints(), name).check("InvalidParameterException");
}

/** The ARN without the `:*` that stands for the group's streams. */
export function groupArn({ account, region }: World, name: string): string {
  return arn("logs", region, account, `log-group:${name}`);
}

/** The group, or `ResourceNotFoundException`. */
export function findGroup(tx: ReadTransaction, world: World, name: string): LogGroup {
  const group = tx.get<LogGroup>(groupKey(world, name));
  if (group) return group;
  throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
}

/** Changes what is kept of a group; rejects with `ResourceNotFoundException` where it doesn't exist. */
export function updateGroup(
  tx: WriteTransaction,
  world: World,
  name: string,
  change: (group: LogGroup) => LogGroup,
): void {
  tx.put(groupKey(world, name), change(findGroup(tx, world, name)));
}

/** The group's name out of a request that names it by name or by ARN, one of the two. */
export function nameOfGroup(
  world: World,
  {
    logGroupName,
    logGroupIdentifier,
  }: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined },
): string {
  if (logGroupName !== undefined && logGroupIdentifier !== undefined)
    throw new ServiceError(
      "InvalidParameterException",
      "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    );
  if (logGroupIdentifier === undefined) {
    checkGroupName(logGroupName);
    return logGroupName;
  }
  new Constraints()
    .length("logGroupIdentifier", logGroupIdentifier, { min: 1, max: IDENTIFIER_LENGTH_MAX })
    .pattern("logGroupIdentifier", logGroupIdentifier, IDENTIFIER_PATTERN)
    .check("InvalidParameterException");
  return nameInArn(world, logGroupIdentifier) ?? logGroupIdentifier;
}

/**
 * The name in a group's ARN, with or without `:*`; undefined when it is no ARN of a log group. An ARN of another
 * world names a group that does not exist here.
 */
export function nameInArn(world: World, arn: string): string | undefined {
  const match = /^arn:[^:]+:logs:([^:]*):(\d*):log-group:([^:]+)(?::\*)?$/.exec(arn);
  if (!match) return undefined;
  const [, region, account, name] = match;
  if (region !== world.region || account !== world.account)
    throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
  return name;
}

export const createLogGroup: OperationOf<"logs", "CreateLogGroup"> = async (
  { cloud, caller },
  {
    logGroupName: name,
    kmsKeyId,
    tags = {},
    logGroupClass = "STANDARD",
    deletionProtectionEnabled = false,
  },
) => {
  constrainGroupName(new Constraints(), name)
    .oneOf("logGroupClass", logGroupClass, CLASSES)
    .check("InvalidParameterException");
  // The check above refused a missing name; the type cannot know.
  const logGroupName = name as string;
  if (/^aws\//i.test(logGroupName))
    throw new ServiceError(
      "InvalidParameterException",
      "Log groups starting with AWS/ are reserved for AWS.",
    );
  checkTags(tags);
  await cloud.store.write((tx) => {
    if (tx.get(groupKey(caller, logGroupName)))
      throw new ServiceError(
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
      );
    const group: LogGroup = {
      number: takeNumber(tx, caller),
      name: logGroupName,
      creationTime: cloud.clock.now(),
      logGroupClass,
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      deletionProtectionEnabled,
      tags,
      metricFilterCount: 0,
      subscriptionFilterCount: 0,
    };
    tx.put(groupKey(caller, logGroupName), group);
  });
  return {};
};

/** The group is gone at once; what it held is cleared away behind it. */
export const deleteLogGroup: OperationOf<"logs", "DeleteLogGroup"> = async (
  { cloud, caller },
  { logGroupName },
) => {
  checkGroupName(logGroupName);
  await cloud.store.write((tx) => {
    const group = findGroup(tx, caller, logGroupName);
    if (group.deletionProtectionEnabled)
      throw new ServiceError(
        "ValidationException",
        "The specified log group has deletion protection enabled. Disable deletion protection before deleting it.",
      );
    tx.delete(groupKey(caller, logGroupName));
    owePurge(cloud, tx, caller, keysOfGroup(caller, group.number));
  });
  return {};
};

/** Groups in the order of their names. Source of the page size: the documentation of `DescribeLogGroups`. */
export const describeLogGroups: OperationOf<"logs", "DescribeLogGroups"> = (
  { cloud, caller },
  input,
) => {
  const { logGroupNamePrefix: prefix, logGroupNamePattern, limit = DESCRIBE_LIMIT_MAX } = input;
  new Constraints()
    .length("logGroupNamePrefix", prefix, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("logGroupNamePrefix", prefix, GROUP_NAME_PATTERN)
    .length("logGroupNamePattern", logGroupNamePattern, { max: NAME_LENGTH_MAX })
    .range("limit", limit, { min: 1, max: DESCRIBE_LIMIT_MAX })
    .oneOf("logGroupClass", input.logGroupClass, CLASSES)
    .check("InvalidParameterException");
  if (prefix !== undefined && logGroupNamePattern !== undefined)
    throw new ServiceError(
      "InvalidParameterException",
      "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    );
  const names = input.logGroupIdentifiers?.map((id) => nameInArn(caller, id) ?? id);
  const after = decodeNextToken(input.nextToken, isName);
  return cloud.store.read((tx) => {
    const candidates = [...groupsWithPrefix(tx, caller, prefix ?? "", after)].filter(
      (group) =>
        (names === undefined || names.includes(group.name)) &&
        (logGroupNamePattern === undefined || group.name.includes(logGroupNamePattern)) &&
        (input.logGroupClass === undefined || group.logGroupClass === input.logGroupClass),
    );
    const { items, ...more }: Page<LogGroup> = takePage(candidates, limit, ({ name }) => name);
    const show = logGroupNamePattern === undefined ? showGroup : showFoundGroup;
    return { logGroups: items.map((group) => show(tx, caller, group)), ...more };
  });
};

/** The groups whose names begin with `prefix` and stand behind `after`, read as far as they are asked for. */
export function* groupsWithPrefix(
  tx: ReadTransaction,
  world: World,
  prefix: string,
  after?: string,
): Generator<LogGroup> {
  const from = [after ?? prefix];
  for (const { value } of tx.range<LogGroup>({ prefix: groupsKey(world), from })) {
    if (!value.name.startsWith(prefix)) return;
    if (value.name !== after) yield value;
  }
}

function showGroup(tx: ReadTransaction, world: World, group: LogGroup): LogGroupShown {
  const { storedBytes } = tx.get<GroupUse>(useKey(world, group.number)) ?? UNUSED;
  return {
    logGroupName: group.name,
    creationTime: group.creationTime,
    ...(group.retentionInDays === undefined ? {} : { retentionInDays: group.retentionInDays }),
    metricFilterCount: group.metricFilterCount,
    arn: `${groupArn(world, group.name)}:*`,
    storedBytes,
    ...(group.kmsKeyId === undefined ? {} : { kmsKeyId: group.kmsKeyId }),
    logGroupClass: group.logGroupClass,
    logGroupArn: groupArn(world, group.name),
    deletionProtectionEnabled: group.deletionProtectionEnabled,
  };
}

/** A search by part of the name answers with no more than these, says the documentation of `logGroupNamePattern`. */
function showFoundGroup(_tx: ReadTransaction, world: World, group: LogGroup): LogGroupShown {
  return {
    logGroupName: group.name,
    creationTime: group.creationTime,
    arn: `${groupArn(world, group.name)}:*`,
    logGroupArn: groupArn(world, group.name),
  };
}
