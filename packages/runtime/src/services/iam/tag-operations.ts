import type { Call } from "../../call.ts";
import type { OperationOf } from "../../service.ts";
import { changeEntity, checkName, findEntity, type Kind } from "./entity.ts";
import { changePolicy, checkPolicyArn, findPolicy } from "./policy.ts";
import { addTags, removeTags, type Tags } from "./tags.ts";

async function change(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  changed: (tags: Tags) => Tags,
): Promise<Record<string, never>> {
  checkName(kind, name);
  await cloud.store.write((tx) =>
    changeEntity(tx, caller, kind, name, (entity) => ({ ...entity, tags: changed(entity.tags) })),
  );
  return {};
}

function list({ cloud, caller }: Call, kind: Kind, name: string | undefined) {
  checkName(kind, name);
  const { tags } = cloud.store.read((tx) => findEntity(tx, caller, kind, name));
  return { Tags: [...tags], IsTruncated: false };
}

async function changeOfPolicy(
  { cloud, caller }: Call,
  arn: string | undefined,
  changed: (tags: Tags) => Tags,
): Promise<Record<string, never>> {
  checkPolicyArn(arn);
  await cloud.store.write((tx) =>
    changePolicy(tx, caller, arn, (policy) => ({ ...policy, tags: changed(policy.tags) })),
  );
  return {};
}

export const tagRole: OperationOf<"iam", "TagRole"> = (call, { RoleName, Tags }) =>
  change(call, "role", RoleName, (tags) => addTags(tags, Tags));
export const tagUser: OperationOf<"iam", "TagUser"> = (call, { UserName, Tags }) =>
  change(call, "user", UserName, (tags) => addTags(tags, Tags));
export const tagPolicy: OperationOf<"iam", "TagPolicy"> = (call, { PolicyArn, Tags }) =>
  changeOfPolicy(call, PolicyArn, (tags) => addTags(tags, Tags));

export const untagRole: OperationOf<"iam", "UntagRole"> = (call, { RoleName, TagKeys }) =>
  change(call, "role", RoleName, (tags) => removeTags(tags, TagKeys));
export const untagUser: OperationOf<"iam", "UntagUser"> = (call, { UserName, TagKeys }) =>
  change(call, "user", UserName, (tags) => removeTags(tags, TagKeys));
export const untagPolicy: OperationOf<"iam", "UntagPolicy"> = (call, { PolicyArn, TagKeys }) =>
  changeOfPolicy(call, PolicyArn, (tags) => removeTags(tags, TagKeys));

export const listRoleTags: OperationOf<"iam", "ListRoleTags"> = (call, { RoleName }) =>
  list(call, "role", RoleName);
export const listUserTags: OperationOf<"iam", "ListUserTags"> = (call, { UserName }) =>
  list(call, "user", UserName);
export const listPolicyTags: OperationOf<"iam", "ListPolicyTags"> = (
  { cloud, caller },
  { PolicyArn },
) => {
  checkPolicyArn(PolicyArn);
  const { tags } = cloud.store.read((tx) => findPolicy(tx, caller, PolicyArn));
  return { Tags: [...tags], IsTruncated: false };
};
