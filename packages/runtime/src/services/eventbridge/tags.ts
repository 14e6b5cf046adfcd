import type { Tag } from "@aws-sdk/client-eventbridge";
import { addTags as add, TAG_KEY_LENGTH_MAX, TAG_VALUE_LENGTH_MAX, type Tags } from "../../tags.ts";
import { invalid, limitExceeded } from "./errors.ts";

/** Throws `ValidationException` on a tag whose key is missing, too long or there twice. */
export function checkTags(given: readonly Tag[]): Tags {
  const tags: Record<string, string> = {};
  for (const { Key: key, Value: value = "" } of given) {
    if (!key || key.length > TAG_KEY_LENGTH_MAX)
      throw invalid(`A tag's key has to have 1 to ${TAG_KEY_LENGTH_MAX} characters.`);
    if (value.length > TAG_VALUE_LENGTH_MAX)
      throw invalid(`A tag's value cannot have more than ${TAG_VALUE_LENGTH_MAX} characters.`);
    if (Object.hasOwn(tags, key)) throw invalid(`The tag key ${key} is there twice.`);
    tags[key] = value;
  }
  return addTags({}, tags);
}

/** The tags with some added. Throws `LimitExceededException`. */
export function addTags(tags: Tags, added: Tags): Tags {
  return add(tags, added, limitExceeded);
}
