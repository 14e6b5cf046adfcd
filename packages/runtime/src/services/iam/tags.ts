import type { Tag } from "@aws-sdk/client-iam";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { TAG_KEY_LENGTH_MAX, TAG_VALUE_LENGTH_MAX, TAGS_MAX } from "../../tags.ts";
import { limitExceeded } from "./errors.ts";

/** In the order in which they were given; their keys differ in more than case. */
export type Tags = readonly Required<Tag>[];

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
const KEY_PATTERN = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+";

/** The tags with some added; a key that is there, whatever its case, is replaced. */
export function addTags(tags: Tags, added: readonly Tag[] | undefined): Tags {
  const checked = checkTags(added ?? []);
  const keys = new Set(checked.map(({ Key = "" }) => Key.toLowerCase()));
  const all = [...tags.filter(({ Key = "" }) => !keys.has(Key.toLowerCase())), ...checked];
  if (all.length > TAGS_MAX)
    throw limitExceeded(`The number of tags has reached the maximum limit of ${TAGS_MAX}.`);
  return all;
}

export function removeTags(tags: Tags, keys: readonly string[] | undefined): Tags {
  const removed = new Set(keys?.map((key) => key.toLowerCase()));
  return tags.filter(({ Key = "" }) => !removed.has(Key.toLowerCase()));
}

function checkTags(tags: readonly Tag[]): Tags {
  const constraints = new Constraints();
  for (const [index, { Key, Value }] of tags.entries()) {
    constraints
      .required(`tags.${index + 1}.member.key`, Key)
      .length(`tags.${index + 1}.member.key`, Key, { min: 1, max: TAG_KEY_LENGTH_MAX })
      .pattern(`tags.${index + 1}.member.key`, Key, KEY_PATTERN)
      .required(`tags.${index + 1}.member.value`, Value)
      .length(`tags.${index + 1}.member.value`, Value, { max: TAG_VALUE_LENGTH_MAX });
  }
  constraints.check("ValidationError");
  const keys = tags.map(({ Key = "" }) => Key.toLowerCase());
  if (new Set(keys).size < keys.length)
    throw new ServiceError(
      "InvalidInputException",
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  return tags as Tags;
}
