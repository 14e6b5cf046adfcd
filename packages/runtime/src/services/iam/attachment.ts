import type { Call } from "../../call.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import { awsManagedPolicy } from "./aws-managed.ts";
import { checkName, type Entity, findEntity, type Kind, type World } from "./entity.ts";
import { deleteConflict, limitExceeded, noSuchEntity } from "./errors.ts";
import { inlinePolicyNames } from "./inline-policy.ts";
import { lastPart, type PageAsked, pageOf } from "./page.ts";
import { checkPolicyArn, policyKey } from "./policy.ts";

/** The default quota: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ATTACHED_MAX = 10;
const QUOTA: Record<Kind, string> = {
  role: "PoliciesPerRole",
  user: "PoliciesPerUser",
  group: "PoliciesPerGroup",
};

/** Each attachment is kept from both ends. */
function attachedKey({ account }: World, kind: Kind, name: string): Key {
  return ["iam", account, "attachedPolicy", kind, name.toLowerCase()];
}

export function entitiesOfPolicyKey({ account }: World, policyArn: string): Key {
  return ["iam", account, "policyEntity", policyArn];
}

/** The ARNs of what is attached. */
export function attachedPolicies(
  tx: ReadTransaction,
  world: World,
  kind: Kind,
  name: string,
): string[] {
  return [...tx.range({ prefix: attachedKey(world, kind, name) })].map(lastPart);
}

/** How many entities a policy is attached to. */
export function attachmentCount(tx: ReadTransaction, world: World, policyArn: string): number {
  return [...tx.range({ prefix: entitiesOfPolicyKey(world, policyArn) })].length;
}

async function attach(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  policyArn: string | undefined,
): Promise<Record<string, never>> {
  checkName(kind, name);
  checkPolicyArn(policyArn);
  await cloud.store.write((tx) => {
    const entity = findEntity<Entity>(tx, caller, kind, name);
    if (!awsManagedPolicy(policyArn) && !tx.get(policyKey(caller, policyArn)))
      throw noSuchEntity(`Policy ${policyArn} does not exist or is not attachable.`);
    const key = [...attachedKey(caller, kind, name), policyArn];
    if (!tx.get(key) && attachedPolicies(tx, caller, kind, name).length >= ATTACHED_MAX)
      throw limitExceeded(`Cannot exceed quota for ${QUOTA[kind]}: ${ATTACHED_MAX}`);
    tx.put(key, true);
    tx.put([...entitiesOfPolicyKey(caller, policyArn), kind, entity.name.toLowerCase()], {
      name: entity.name,
      id: entity.id,
    });
  });
  return {};
}

async function detach(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  policyArn: string | undefined,
): Promise<Record<string, never>> {
  checkName(kind, name);
  checkPolicyArn(policyArn);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, kind, name);
    const key = [...attachedKey(caller, kind, name), policyArn];
    if (!tx.get(key)) throw noSuchEntity(`Policy ${policyArn} was not found.`);
    tx.delete(key);
    tx.delete([...entitiesOfPolicyKey(caller, policyArn), kind, name.toLowerCase()]);
  });
  return {};
}

function list(
  { cloud, caller }: Call,
  kind: Kind,
  name: string | undefined,
  { PathPrefix = "/", ...asked }: PageAsked & { PathPrefix?: string | undefined },
) {
  checkName(kind, name);
  return cloud.store.read((tx) => {
    findEntity(tx, caller, kind, name);
    const { entries, ...page } = pageOf(tx, attachedKey(caller, kind, name), asked);
    const arns = entries.map(lastPart).filter((arn) => pathInArn(arn).startsWith(PathPrefix));
    return {
      AttachedPolicies: arns.map((PolicyArn) => ({
        PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf("/") + 1),
        PolicyArn,
      })),
      ...page,
    };
  });
}

/** `/service-role/` in `arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`. */
function pathInArn(arn: string): string {
  return arn.slice(arn.indexOf("/"), arn.lastIndexOf("/") + 1);
}

/** Refuses to let go an entity with policies. */
export function checkWithoutPolicies(
  tx: ReadTransaction,
  world: World,
  kind: Kind,
  name: string,
): void {
  if (attachedPolicies(tx, world, kind, name).length > 0)
    throw deleteConflict("Cannot delete entity, must detach all policies first.");
  if (inlinePolicyNames(tx, world, kind, name).length > 0)
    throw deleteConflict("Cannot delete entity, must delete policies first.");
}

export const attachRolePolicy: OperationOf<"iam", "AttachRolePolicy"> = (call, input) =>
  attach(call, "role", input.RoleName, input.PolicyArn);
export const attachUserPolicy: OperationOf<"iam", "AttachUserPolicy"> = (call, input) =>
  attach(call, "user", input.UserName, input.PolicyArn);
export const attachGroupPolicy: OperationOf<"iam", "AttachGroupPolicy"> = (call, input) =>
  attach(call, "group", input.GroupName, input.PolicyArn);

export const detachRolePolicy: OperationOf<"iam", "DetachRolePolicy"> = (call, input) =>
  detach(call, "role", input.RoleName, input.PolicyArn);
export const detachUserPolicy: OperationOf<"iam", "DetachUserPolicy"> = (call, input) =>
  detach(call, "user", input.UserName, input.PolicyArn);
export const detachGroupPolicy: OperationOf<"iam", "DetachGroupPolicy"> = (call, input) =>
  detach(call, "group", input.GroupName, input.PolicyArn);

export const listAttachedRolePolicies: OperationOf<"iam", "ListAttachedRolePolicies"> = (
  call,
  input,
) => list(call, "role", input.RoleName, input);
export const listAttachedUserPolicies: OperationOf<"iam", "ListAttachedUserPolicies"> = (
  call,
  input,
) => list(call, "user", input.UserName, input);
export const listAttachedGroupPolicies: OperationOf<"iam", "ListAttachedGroupPolicies"> = (
  call,
  input,
) => list(call, "group", input.GroupName, input);
