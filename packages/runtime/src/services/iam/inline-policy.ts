import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import { checkIdentityPolicy, type Document, encodeDocument, sizeOf } from "./document.ts";
import { checkName, findEntity, type Kind, type World } from "./entity.ts";
import { limitExceeded, noSuchEntity } from "./errors.ts";
import { lastPart, type PageAsked, pageOf } from "./page.ts";

/** In sum, without whitespace: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const SIZE_MAX: Record<Kind, number> = { role: 10_240, user: 2_048, group: 5_120 };
const POLICY_NAME_LENGTH_MAX = 128;

function inlineKey({ account }: World, kind: Kind, name: string): Key {
  return ["iam", account, "inlinePolicy", kind, name.toLowerCase()];
}

export function inlinePolicyNames(
  tx: ReadTransaction,
  world: World,
  kind: Kind,
  name: string,
): string[] {
  return [...tx.range({ prefix: inlineKey(world, kind, name) })].map(lastPart);
}

async function put(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  {
    PolicyName,
    PolicyDocument,
  }: { PolicyName: string | undefined; PolicyDocument: string | undefined },
): Promise<Record<string, never>> {
  checkName(kind, name);
  checkPolicyName(PolicyName);
  checkIdentityPolicy(PolicyDocument);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, kind, name);
    const prefix = inlineKey(caller, kind, name);
    tx.put([...prefix, PolicyName], PolicyDocument);
    const sizes = [...tx.range<Document>({ prefix })].map(({ value }) => sizeOf(value));
    if (sizes.reduce((sum, size) => sum + size, 0) > SIZE_MAX[kind])
      throw limitExceeded(
        `Maximum policy size of ${SIZE_MAX[kind]} bytes exceeded for ${kind} ${name}`,
      );
  });
  return {};
}

function checkPolicyName(name: string | undefined): asserts name is string {
  new Constraints()
    .required("policyName", name)
    .length("policyName", name, { min: 1, max: POLICY_NAME_LENGTH_MAX })
    .pattern("policyName", name, "[\\w+=,.@-]+")
    .check("ValidationError");
}

function get(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  policyName: string | undefined,
) {
  checkName(kind, name);
  checkPolicyName(policyName);
  const document = cloud.store.read((tx) => {
    findEntity(tx, caller, kind, name);
    return tx.get<Document>([...inlineKey(caller, kind, name), policyName]);
  });
  if (document === undefined) throw notFound(kind, policyName);
  return { PolicyName: policyName, PolicyDocument: encodeDocument(document) };
}

async function remove(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  policyName: string | undefined,
): Promise<Record<string, never>> {
  checkName(kind, name);
  checkPolicyName(policyName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, kind, name);
    const key = [...inlineKey(caller, kind, name), policyName];
    if (tx.get(key) === undefined) throw notFound(kind, policyName);
    tx.delete(key);
  });
  return {};
}

function list({ cloud, caller }: Call, kind: Kind, name: string | undefined, asked: PageAsked) {
  checkName(kind, name);
  return cloud.store.read((tx) => {
    findEntity(tx, caller, kind, name);
    const { entries, ...page } = pageOf(tx, inlineKey(caller, kind, name), asked);
    return { PolicyNames: entries.map(lastPart), ...page };
  });
}

function notFound(kind: Kind, policyName: string): Error {
  return noSuchEntity(`The ${kind} policy with name ${policyName} cannot be found.`);
}

export const putRolePolicy: OperationOf<"iam", "PutRolePolicy"> = (call, input) =>
  put(call, "role", input.RoleName, input);
export const putUserPolicy: OperationOf<"iam", "PutUserPolicy"> = (call, input) =>
  put(call, "user", input.UserName, input);
export const putGroupPolicy: OperationOf<"iam", "PutGroupPolicy"> = (call, input) =>
  put(call, "group", input.GroupName, input);

export const getRolePolicy: OperationOf<"iam", "GetRolePolicy"> = (
  call,
  { RoleName = "", PolicyName },
) => ({
  RoleName,
  ...get(call, "role", RoleName, PolicyName),
});
export const getUserPolicy: OperationOf<"iam", "GetUserPolicy"> = (
  call,
  { UserName = "", PolicyName },
) => ({
  UserName,
  ...get(call, "user", UserName, PolicyName),
});
export const getGroupPolicy: OperationOf<"iam", "GetGroupPolicy"> = (
  call,
  { GroupName = "", PolicyName },
) => ({
  GroupName,
  ...get(call, "group", GroupName, PolicyName),
});

export const deleteRolePolicy: OperationOf<"iam", "DeleteRolePolicy"> = (call, input) =>
  remove(call, "role", input.RoleName, input.PolicyName);
export const deleteUserPolicy: OperationOf<"iam", "DeleteUserPolicy"> = (call, input) =>
  remove(call, "user", input.UserName, input.PolicyName);
export const deleteGroupPolicy: OperationOf<"iam", "DeleteGroupPolicy"> = (call, input) =>
  remove(call, "group", input.GroupName, input.PolicyName);

export const listRolePolicies: OperationOf<"iam", "ListRolePolicies"> = (call, input) =>
  list(call, "role", input.RoleName, input);
export const listUserPolicies: OperationOf<"iam", "ListUserPolicies"> = (call, input) =>
  list(call, "user", input.UserName, input);
export const listGroupPolicies: OperationOf<"iam", "ListGroupPolicies"> = (call, input) =>
  list(call, "group", input.GroupName, input);
