import type { Tag } from "@aws-sdk/client-scheduler";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import {
  addTags,
  removeTags,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  type Tags,
  tagList,
} from "../../tags.ts";
import type { World } from "../../world.ts";
import { invalid } from "./errors.ts";
import { type Group, groupKey, parseGroupArn, requireGroup } from "./group.ts";

/** Groups have tags, schedules have none. Source: API reference, TagResource. */
export const tagResource: OperationOf<"scheduler", "TagResource"> = async ({ cloud }, input) => {
  new Constraints().required("tags", input.Tags).check("ValidationException");
  const added = checkTags(input.Tags ?? []);
  await cloud.store.write((tx) => {
    const { world, group } = taggedBy(tx, input.ResourceArn);
    const tags = addTags(group.tags, added, tooManyTags);
    tx.put<Group>(groupKey(world, group.name), { ...group, tags });
  });
  return {};
};

export const untagResource: OperationOf<"scheduler", "UntagResource"> = async (
  { cloud },
  input,
) => {
  new Constraints().required("tagKeys", input.TagKeys).check("ValidationException");
  await cloud.store.write((tx) => {
    const { world, group } = taggedBy(tx, input.ResourceArn);
    const tags = removeTags(group.tags, input.TagKeys ?? []);
    tx.put<Group>(groupKey(world, group.name), { ...group, tags });
  });
  return {};
};

export const listTagsForResource: OperationOf<"scheduler", "ListTagsForResource"> = (
  { cloud },
  input,
) => {
  const { group } = cloud.store.read((tx) => taggedBy(tx, input.ResourceArn));
  return { Tags: tagList(group.tags) };
};

/** Throws `ValidationException` on a tag whose key is missing or too long, `ServiceQuotaExceededException` on too many. */
export function checkTags(given: readonly Tag[]): Tags {
  const constraints = new Constraints();
  for (const [index, { Key, Value }] of given.entries())
    constraints
      .required(`tags.${index + 1}.member.key`, Key)
      .length(`tags.${index + 1}.member.key`, Key, { min: 1, max: TAG_KEY_LENGTH_MAX })
      .required(`tags.${index + 1}.member.value`, Value)
      .length(`tags.${index + 1}.member.value`, Value, { min: 1, max: TAG_VALUE_LENGTH_MAX });
  constraints.check("ValidationException");
  const tags = Object.fromEntries(given.map(({ Key = "", Value = "" }) => [Key, Value]));
  return addTags({}, tags, tooManyTags);
}

function taggedBy(
  tx: ReadTransaction,
  arn: string | undefined,
): { readonly world: World; readonly group: Group } {
  new Constraints().required("resourceArn", arn).check("ValidationException");
  const named = parseGroupArn(arn ?? "");
  if (!named) throw invalid(`${arn} is not the ARN of a schedule group.`);
  return { world: named, group: requireGroup(tx, named, named.name) };
}

function tooManyTags(): ServiceError {
  return new ServiceError(
    "ServiceQuotaExceededException",
    "A schedule group cannot have more than 50 tags.",
  );
}
