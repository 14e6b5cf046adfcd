import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import {
  addTags as add,
  hasTooMany,
  isReservedTagKey,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  TAGS_MAX,
  type Tags,
} from "../../tags.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html */
const TAG_KEY_PATTERN = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)";
const TAG_VALUE_PATTERN = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)";

/** Throws `InvalidParameterException`, and `TooManyTagsException`. */
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
  if (Object.keys(tags).some(isReservedTagKey))
    throw new ServiceError(
      "InvalidParameterException",
      "User-defined tag keys can't start with 'aws:'.",
    );
  if (hasTooMany(tags)) throw tooManyTags();
}

/** The tags with some added. Throws `TooManyTagsException`. */
export function addTags(tags: Tags, added: Tags): Tags {
  return add(tags, added, tooManyTags);
}

function tooManyTags(): ServiceError {
  return new ServiceError(
    "TooManyTagsException",
    `The resource can have no more than ${TAGS_MAX} tags.`,
  );
}
