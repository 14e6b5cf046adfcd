import type { Tag } from "@aws-sdk/client-sns";
import { ServiceError } from "../../errors.ts";
import { addTags as add, TAG_KEY_LENGTH_MAX, TAG_VALUE_LENGTH_MAX, type Tags } from "../../tags.ts";
import { invalidParameter } from "./errors.ts";

/** Throws `InvalidParameter` on a tag that is missing its key, too long or there twice. */
export function checkTags(given: readonly Tag[]): Tags {
  const tags: Record<string, string> = {};
  for (const { Key: key, Value: value = "" } of given) {
    if (!key || key.length > TAG_KEY_LENGTH_MAX) throw invalidParameter("Tags Reason: Key");
    if (value.length > TAG_VALUE_LENGTH_MAX) throw invalidParameter("Tags Reason: Value");
    if (Object.hasOwn(tags, key)) throw invalidParameter("Duplicated keys are not allowed.");
    tags[key] = value;
  }
  return addTags({}, tags);
}

/** The tags with some added. Throws `TagLimitExceeded`. */
export function addTags(tags: Tags, added: Tags): Tags {
  return add(tags, added, tooManyTags);
}

function tooManyTags(): ServiceError {
  return new ServiceError(
    "TagLimitExceededException",
    "Could not complete request: tag quota of per resource exceeded",
  );
}
