import {
  hasTooMany,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  TAGS_MAX,
  type Tags,
} from "../../tags.ts";
import { invalidParameter } from "./errors.ts";

/** Throws `InvalidParameterValue` for too many tags, and for keys and values that are too long. */
export function checkTags(tags: Tags): void {
  if (hasTooMany(tags))
    throw invalidParameter(`Too many tags added for queue. Maximum number of tags: ${TAGS_MAX}.`);
  for (const [key, value] of Object.entries(tags))
    if (key.length < 1 || key.length > TAG_KEY_LENGTH_MAX || value.length > TAG_VALUE_LENGTH_MAX)
      throw invalidParameter(
        `Tag keys must be between 1 and ${TAG_KEY_LENGTH_MAX} characters in length, tag values at most ${TAG_VALUE_LENGTH_MAX}.`,
      );
}
