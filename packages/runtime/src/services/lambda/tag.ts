import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { invalidParameter, resourceNotFound, violation } from "./errors.ts";
import { functionReference } from "./names.ts";
import { keys, requireFunction } from "./record.ts";
import { functionChanged } from "./runnable.ts";

const TAGS_MAX = 50;
const TAG_KEY_LENGTH_MAX = 128;
const TAG_VALUE_LENGTH_MAX = 256;
/** TaggableResource of botocore's model. */
const RESOURCE_PATTERN =
  "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";

type Tags = Readonly<Record<string, string>>;

/** Throws InvalidParameterValueException for too many tags, ValidationException for one that is too long. */
export function checkTags(tags: Tags | undefined): void {
  const names = Object.keys(tags ?? {});
  if (names.length > TAGS_MAX) throw invalidParameter("Number of tags exceeds resource tag limit.");
  if (names.some((name) => name.length < 1 || name.length > TAG_KEY_LENGTH_MAX))
    throw violation(
      "tags",
      `'{${names.join(", ")}}'`,
      `Map keys must satisfy constraint: [Member must have length less than or equal to ${TAG_KEY_LENGTH_MAX}, Member must have length greater than or equal to 1]`,
    );
  if (Object.values(tags ?? {}).some((value) => value.length > TAG_VALUE_LENGTH_MAX))
    throw violation(
      "tags",
      `'{${names.join(", ")}}'`,
      `Map value must satisfy constraint: [Member must have length less than or equal to ${TAG_VALUE_LENGTH_MAX}, Member must have length greater than or equal to 0]`,
    );
}

export const tagResource: OperationOf<"lambda", "TagResource"> = async (
  { cloud, caller },
  input,
) => {
  const name = taggedFunction(caller, input.Resource);
  new Constraints().required("tags", input.Tags).check("ValidationException");
  if (Object.keys(input.Tags ?? {}).length === 0)
    throw invalidParameter("An error occurred and the request cannot be processed.");
  await cloud.store.write((tx) => {
    const record = requireFunction(tx, caller, name);
    const tags = { ...record.tags, ...input.Tags };
    checkTags(tags);
    tx.put(keys.function(caller, name), { ...record, tags });
    functionChanged(cloud, tx, caller, name);
  });
  return {};
};

export const untagResource: OperationOf<"lambda", "UntagResource"> = async (
  { cloud, caller },
  input,
) => {
  const name = taggedFunction(caller, input.Resource);
  new Constraints().required("tagKeys", input.TagKeys).check("ValidationException");
  const gone = new Set(input.TagKeys);
  await cloud.store.write((tx) => {
    const record = requireFunction(tx, caller, name);
    const tags = Object.fromEntries(Object.entries(record.tags).filter(([tag]) => !gone.has(tag)));
    tx.put(keys.function(caller, name), { ...record, tags });
    functionChanged(cloud, tx, caller, name);
  });
  return {};
};

export const listTags: OperationOf<"lambda", "ListTags"> = ({ cloud, caller }, input) => {
  const name = taggedFunction(caller, input.Resource);
  return { Tags: { ...cloud.store.read((tx) => requireFunction(tx, caller, name)).tags } };
};

/** The function that an ARN names. Only functions as a whole have tags here. */
function taggedFunction(caller: Caller, resource: string | undefined): string {
  new Constraints()
    .required("resource", resource)
    .pattern("resource", resource, RESOURCE_PATTERN)
    .check("ValidationException");
  if (!resource?.includes(":function:"))
    throw resourceNotFound(`The resource ${resource} does not exist.`);
  const { name, qualifier } = functionReference(caller, resource);
  if (qualifier !== undefined)
    throw invalidParameter(
      "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    );
  return name;
}
