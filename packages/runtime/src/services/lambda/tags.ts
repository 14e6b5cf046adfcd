import { violation } from "../../constraints.ts";
import { hasTooMany, TAG_KEY_LENGTH_MAX, TAG_VALUE_LENGTH_MAX, type Tags } from "../../tags.ts";
import { invalidParameter } from "./errors.ts";

/** Throws InvalidParameterValueException for too many tags, ValidationException for one that is too long. */
export function checkTags(tags: Tags = {}): void {
  if (hasTooMany(tags)) throw invalidParameter("Number of tags exceeds resource tag limit.");
  const names = Object.keys(tags);
  if (names.some((name) => name.length < 1 || name.length > TAG_KEY_LENGTH_MAX))
    throw violation(
      "ValidationException",
      "tags",
      `{${names.join(", ")}}`,
      `Map keys must satisfy constraint: [Member must have length less than or equal to ${TAG_KEY_LENGTH_MAX}, Member must have length greater than or equal to 1]`,
    );
  if (Object.values(tags).some((value) => value.length > TAG_VALUE_LENGTH_MAX))
    throw violation(
      "ValidationException",
      "tags",
      `{${names.join(", ")}}`,
      `Map value must satisfy constraint: [Member must have length less than or equal to ${TAG_VALUE_LENGTH_MAX}, Member must have length greater than or equal to 0]`,
    );
}
