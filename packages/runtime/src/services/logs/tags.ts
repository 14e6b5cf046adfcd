import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { checkGroupName, findGroup, nameInArn, updateGroup } from "./group.ts";
import type { World } from "./keys.ts";

export type Tags = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html */
const TAGS_MAX = 50;
const TAG_KEY_LENGTH_MAX = 128;
const TAG_VALUE_LENGTH_MAX = 256;
const TAG_KEY_PATTERN = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)";
const TAG_VALUE_PATTERN = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)";

export function checkTags(tags: Tags): void {
  const constraints = new Constraints();
  for (const [key, value] of Object.entries(tags)) {
    constraints
      .length("tags", key, { min: 1, max: TAG_KEY_LENGTH_MAX })
      .pattern("tags", key, TAG_KEY_PATTERN)
      .length("tags", value, { max: TAG_VALUE_LENGTH_MAX })
      .pattern("tags", value, TAG_VALUE_PATTERN);
  }
  constraints.check("InvalidParameterException");
  if (Object.keys(tags).some((key) => key.toLowerCase().startsWith("aws:")))
    throw new ServiceError(
      "InvalidParameterException",
      "User-defined tag keys can't start with 'aws:'.",
    );
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags("TooManyTagsException");
}

function tooManyTags(code: string): ServiceError {
  return new ServiceError(code, `The resource can have no more than ${TAGS_MAX} tags.`);
}

function addTags(tags: Tags, added: Tags): Tags {
  const all = { ...tags, ...added };
  if (Object.keys(all).length > TAGS_MAX) throw tooManyTags("TooManyTagsException");
  return all;
}

function removeTags(tags: Tags, removed: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.includes(key)));
}

/** The log group that a tagging operation's ARN names. */
function groupOfResource(world: World, resourceArn: string | undefined): string {
  new Constraints().required("resourceArn", resourceArn).check("InvalidParameterException");
  const name = nameInArn(world, resourceArn ?? "");
  if (name === undefined)
    throw new ServiceError("InvalidParameterException", `Invalid resource ARN: ${resourceArn}`);
  return name;
}

export const tagResource: OperationOf<"logs", "TagResource"> = async (
  { cloud, caller },
  { resourceArn, tags = {} },
) => {
  const name = groupOfResource(caller, resourceArn);
  checkTags(tags);
  await cloud.store.write((tx) =>
    updateGroup(tx, caller, name, (group) => ({ ...group, tags: addTags(group.tags, tags) })),
  );
  return {};
};

export const untagResource: OperationOf<"logs", "UntagResource"> = async (
  { cloud, caller },
  { resourceArn, tagKeys = [] },
) => {
  const name = groupOfResource(caller, resourceArn);
  await cloud.store.write((tx) =>
    updateGroup(tx, caller, name, (group) => ({ ...group, tags: removeTags(group.tags, tagKeys) })),
  );
  return {};
};

export const listTagsForResource: OperationOf<"logs", "ListTagsForResource"> = (
  { cloud, caller },
  { resourceArn },
) => {
  const name = groupOfResource(caller, resourceArn);
  return cloud.store.read((tx) => ({ tags: findGroup(tx, caller, name).tags }));
};

export const tagLogGroup: OperationOf<"logs", "TagLogGroup"> = async (
  { cloud, caller },
  { logGroupName, tags = {} },
) => {
  checkGroupName(logGroupName);
  checkTags(tags);
  await cloud.store.write((tx) =>
    updateGroup(tx, caller, logGroupName, (group) => ({
      ...group,
      tags: addTags(group.tags, tags),
    })),
  );
  return {};
};

export const untagLogGroup: OperationOf<"logs", "UntagLogGroup"> = async (
  { cloud, caller },
  { logGroupName, tags = [] },
) => {
  checkGroupName(logGroupName);
  await cloud.store.write((tx) =>
    updateGroup(tx, caller, logGroupName, (group) => ({
      ...group,
      tags: removeTags(group.tags, tags),
    })),
  );
  return {};
};

export const listTagsLogGroup: OperationOf<"logs", "ListTagsLogGroup"> = (
  { cloud, caller },
  { logGroupName },
) => {
  checkGroupName(logGroupName);
  return cloud.store.read((tx) => ({ tags: findGroup(tx, caller, logGroupName).tags }));
};
