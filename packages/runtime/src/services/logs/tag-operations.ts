import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { removeTags } from "../../tags.ts";
import { checkGroupName, findGroup, nameInArn, updateGroup } from "./group.ts";
import type { World } from "./keys.ts";
import { addTags, checkTags } from "./tags.ts";

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
