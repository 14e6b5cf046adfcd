import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import { removeTags, type Tags } from "../../tags.ts";
import { activityKey } from "./activity.ts";
import { resourceNotFound } from "./errors.ts";
import { machineKey } from "./machine.ts";
import { invalidArn, parseActivityArn, parseMachineArn, parseStatesArn } from "./machine-arn.ts";
import { checkArnGiven } from "./names.ts";
import { addTags, tagsOf } from "./tags.ts";

/** What has tags: a state machine, an activity. */
interface Tagged {
  readonly tags: Tags;
}

export const tagResource: OperationOf<"sfn", "TagResource"> = async (
  call,
  { resourceArn, tags },
) => {
  checkArnGiven("resourceArn", resourceArn);
  new Constraints().required("tags", tags).check("ValidationException");
  const added = tagsOf(resourceArn, tags!);
  await call.cloud.store.write((tx) => {
    const { key, resource } = requireTagged(tx, resourceArn);
    const all = addTags(resourceArn, resource.tags, added);
    tx.put<Tagged>(key, { ...resource, tags: all });
  });
  return {};
};

export const untagResource: OperationOf<"sfn", "UntagResource"> = async (
  call,
  { resourceArn, tagKeys },
) => {
  checkArnGiven("resourceArn", resourceArn);
  new Constraints().required("tagKeys", tagKeys).check("ValidationException");
  await call.cloud.store.write((tx) => {
    const { key, resource } = requireTagged(tx, resourceArn);
    tx.put<Tagged>(key, { ...resource, tags: removeTags(resource.tags, tagKeys!) });
  });
  return {};
};

export const listTagsForResource: OperationOf<"sfn", "ListTagsForResource"> = (
  call,
  { resourceArn },
) => {
  checkArnGiven("resourceArn", resourceArn);
  const { resource } = call.cloud.store.read((tx) => requireTagged(tx, resourceArn));
  return { tags: Object.entries(resource.tags).map(([key, value]) => ({ key, value })) };
};

/** Versions and aliases have no tags. Source: a recorded answer of AWS, `test_tag_state_machine_version` in localstack/localstack. */
function requireTagged(tx: ReadTransaction, resourceArn: string): { key: Key; resource: Tagged } {
  const key = taggedKey(resourceArn);
  const resource = key && tx.get<Tagged>(key);
  if (!key || !resource) throw resourceNotFound(resourceArn);
  return { key, resource };
}

function taggedKey(resourceArn: string): Key | undefined {
  const { type } = parseStatesArn(resourceArn);
  if (type === "activity") {
    const arn = parseActivityArn(resourceArn);
    return activityKey(arn, arn.name);
  }
  if (type !== "stateMachine") throw invalidArn(resourceArn);
  const arn = parseMachineArn(resourceArn);
  return arn.text === arn.arn ? machineKey(arn, arn.name) : undefined;
}
