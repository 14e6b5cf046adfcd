import { parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { removeTags, type Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { invalidParameter, resourceNotFound } from "./errors.ts";
import { type Mapping, mappingKey } from "./event-source-mapping/mapping.ts";
import { functionReference } from "./names.ts";
import { type FunctionRecord, keys, requireFunction } from "./record.ts";
import { functionChanged } from "./runnable.ts";
import { checkTags } from "./tags.ts";

/** TaggableResource of botocore's model. */
const RESOURCE_PATTERN =
  "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";

export const tagResource: OperationOf<"lambda", "TagResource"> = async (
  { cloud, caller },
  input,
) => {
  const resource = taggedResource(caller, input.Resource);
  new Constraints().required("tags", input.Tags).check("ValidationException");
  if (Object.keys(input.Tags ?? {}).length === 0)
    throw invalidParameter("An error occurred and the request cannot be processed.");
  await cloud.store.write((tx) => {
    const { tags: before } = requireTagged(tx, caller, resource);
    const tags = { ...before, ...input.Tags };
    checkTags(tags);
    putTags(cloud, tx, caller, resource, tags);
  });
  return {};
};

export const untagResource: OperationOf<"lambda", "UntagResource"> = async (
  { cloud, caller },
  input,
) => {
  const resource = taggedResource(caller, input.Resource);
  new Constraints().required("tagKeys", input.TagKeys).check("ValidationException");
  const gone = input.TagKeys ?? [];
  await cloud.store.write((tx) => {
    const { tags: before } = requireTagged(tx, caller, resource);
    const tags = removeTags(before, gone);
    putTags(cloud, tx, caller, resource, tags);
  });
  return {};
};

export const listTags: OperationOf<"lambda", "ListTags"> = ({ cloud, caller }, input) => {
  const resource = taggedResource(caller, input.Resource);
  return { Tags: { ...cloud.store.read((tx) => requireTagged(tx, caller, resource)).tags } };
};

/** What has tags here: a function as a whole, by its name, or an event source mapping, by its UUID. */
type TaggedResource =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "mapping"; readonly uuid: string; readonly arn: string };

function taggedResource(caller: Caller, resource: string | undefined): TaggedResource {
  new Constraints()
    .required("resource", resource)
    .pattern("resource", resource, RESOURCE_PATTERN)
    .check("ValidationException");
  const [kind, id = ""] = parseArn(resource ?? "")?.resource.split(":") ?? [];
  if (kind === "event-source-mapping") return { kind: "mapping", uuid: id, arn: resource ?? "" };
  if (kind !== "function") throw resourceNotFound(`The resource ${resource} does not exist.`);
  const { name, qualifier } = functionReference(caller, resource);
  if (qualifier !== undefined)
    throw invalidParameter(
      "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    );
  return { kind: "function", name };
}

function requireTagged(
  tx: ReadTransaction,
  world: World,
  resource: TaggedResource,
): FunctionRecord | Mapping {
  if (resource.kind === "function") return requireFunction(tx, world, resource.name);
  const mapping = tx.get<Mapping>(mappingKey({ ...world, uuid: resource.uuid }));
  if (!mapping) throw resourceNotFound(`Event source mapping not found: ${resource.arn}`);
  return mapping;
}

function putTags(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  resource: TaggedResource,
  tags: Tags,
): void {
  const tagged = requireTagged(tx, world, resource);
  if (resource.kind === "mapping") {
    tx.put(mappingKey({ ...world, uuid: resource.uuid }), { ...tagged, tags });
    return;
  }
  tx.put(keys.function(world, resource.name), { ...tagged, tags });
  functionChanged(cloud, tx, world, resource.name);
}
