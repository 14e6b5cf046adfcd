import type { Tag } from "@aws-sdk/client-cloudwatch";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import {
  addTags,
  isReservedTagKey,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  TAGS_MAX,
  type Tags,
} from "../../tags.ts";
import type { World } from "../../world.ts";
import { checkLength, checkRequired, validationError } from "./errors.ts";
import { keyIn } from "./world.ts";

/** Throws `ValidationError` on a tag that is missing a part, too long, or AWS's own. */
export function checkTags(tags: readonly Tag[] = []): void {
  for (const [index, { Key, Value }] of tags.entries()) {
    const member = `tags.${index + 1}.member`;
    checkRequired(Key, `${member}.key`);
    checkRequired(Value, `${member}.value`);
    checkLength(Key, `${member}.key`, 1, TAG_KEY_LENGTH_MAX);
    checkLength(Value, `${member}.value`, 0, TAG_VALUE_LENGTH_MAX);
    if (isReservedTagKey(Key))
      throw validationError("aws: prefixed tag key names are not allowed for external use.");
  }
}

/** The tags of the alarm or dashboard of an ARN. */
export function tagsOf(tx: ReadTransaction, world: World, arn: string): Tags {
  return tx.get<Tags>(keyIn(world, "tags", arn)) ?? {};
}

/** Adds tags to a resource's. Throws `ValidationError` where they become too many. */
export function putTags(
  tx: WriteTransaction,
  world: World,
  arn: string,
  tags: readonly Tag[],
): void {
  if (tags.length === 0) return;
  const added = Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  const all = addTags(tagsOf(tx, world, arn), added, () =>
    validationError(`The number of tags must not be greater than ${TAGS_MAX}.`),
  );
  tx.put(keyIn(world, "tags", arn), all);
}

export function dropTags(tx: WriteTransaction, world: World, arn: string): void {
  tx.delete(keyIn(world, "tags", arn));
}
