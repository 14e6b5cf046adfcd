import type { Tag } from "@aws-sdk/client-sfn";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import {
  addTags as add,
  isReservedTagKey,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  type Tags,
} from "../../tags.ts";
import { validationError } from "./errors.ts";

/** The tags of a request, checked. Throws `ValidationException`, `TooManyTags`. */
export function tagsOf(resourceArn: string, given: readonly Tag[]): Tags {
  const constraints = new Constraints();
  const tags: Record<string, string> = {};
  for (const [index, { key, value = "" }] of given.entries()) {
    const member = `tags.${index + 1}.member`;
    constraints
      .required(`${member}.key`, key)
      .length(`${member}.key`, key, { min: 1, max: TAG_KEY_LENGTH_MAX })
      .length(`${member}.value`, value, { max: TAG_VALUE_LENGTH_MAX });
    if (key !== undefined) tags[key] = value;
  }
  constraints.check("ValidationException");
  if (Object.keys(tags).some(isReservedTagKey))
    throw validationError("System tags cannot be added/updated by requester");
  return addTags(resourceArn, {}, tags);
}

/** A resource's tags with some added. Throws `TooManyTags`. */
export function addTags(resourceArn: string, tags: Tags, added: Tags): Tags {
  return add(tags, added, () => tooManyTags(resourceArn));
}

function tooManyTags(resourceArn: string): ServiceError {
  return new ServiceError("TooManyTags", `Too Many Tags: '${resourceArn}'`, {
    fields: { resourceName: resourceArn },
  });
}
