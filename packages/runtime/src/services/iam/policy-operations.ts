import { createHash } from "node:crypto";
import type { Policy as PolicyShown } from "@aws-sdk/client-iam";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { attachmentCount, entitiesOfPolicyKey } from "./attachment.ts";
import { type AwsManagedPolicy, awsManagedPolicies, awsManagedPolicy } from "./aws-managed.ts";
import { checkIdentityPolicy } from "./document.ts";
import {
  checkName,
  checkPath,
  entityArn,
  ID_PREFIX,
  newId,
  UNIQUE_ID_CHARACTERS,
  type World,
} from "./entity.ts";
import { alreadyExists, deleteConflict } from "./errors.ts";
import { pageOf } from "./page.ts";
import {
  AWS_MANAGED_SINCE,
  checkPolicyArn,
  checkPolicySize,
  findPolicy,
  type Policy,
  policiesKey,
  policyKey,
} from "./policy.ts";
import { addTags } from "./tags.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
const DESCRIPTION_LENGTH_MAX = 1_000;

export const createPolicy: OperationOf<"iam", "CreatePolicy"> = async (
  { cloud, caller },
  input,
) => {
  const { PolicyName, PolicyDocument, Path: path = "/", Description } = input;
  checkName("policy", PolicyName);
  checkPath(path);
  new Constraints()
    .length("description", Description, { max: DESCRIPTION_LENGTH_MAX })
    .check("ValidationError");
  checkIdentityPolicy(PolicyDocument);
  checkPolicySize(PolicyDocument);
  const now = cloud.clock.now();
  const policy: Policy = {
    arn: entityArn(caller, "policy", path, PolicyName),
    name: PolicyName,
    path,
    id: newId("policy"),
    ...(Description === undefined ? {} : { description: Description }),
    createdAt: now,
    updatedAt: now,
    tags: addTags([], input.Tags),
    versions: [{ id: "v1", document: PolicyDocument, createdAt: now }],
    defaultVersionId: "v1",
    nextVersion: 2,
  };
  return cloud.store.write((tx) => {
    if (tx.get(policyKey(caller, policy.arn)))
      throw alreadyExists(
        `A policy called ${PolicyName} already exists. Duplicate names are not allowed.`,
      );
    tx.put(policyKey(caller, policy.arn), policy);
    return { Policy: showPolicy(tx, caller, policy) };
  });
};

export const getPolicy: OperationOf<"iam", "GetPolicy"> = ({ cloud, caller }, { PolicyArn }) => {
  checkPolicyArn(PolicyArn);
  return cloud.store.read((tx) => {
    const ofAws = awsManagedPolicy(PolicyArn);
    if (ofAws) return { Policy: showAwsManaged(tx, caller, ofAws) };
    const policy = findPolicy(tx, caller, PolicyArn);
    return {
      Policy: {
        ...showPolicy(tx, caller, policy),
        ...(policy.description === undefined ? {} : { Description: policy.description }),
        Tags: [...policy.tags],
      },
    };
  });
};

export const listPolicies: OperationOf<"iam", "ListPolicies"> = ({ cloud, caller }, input) => {
  const { Scope = "All", OnlyAttached = false, PathPrefix = "/" } = input;
  new Constraints().oneOf("scope", Scope, ["All", "AWS", "Local"]).check("ValidationError");
  return cloud.store.read((tx) => {
    const wanted = ({ arn, path }: { arn: string; path: string }) =>
      path.startsWith(PathPrefix) && (!OnlyAttached || attachmentCount(tx, caller, arn) > 0);
    // AWS's own all stand on the first page, before the account's.
    const ofAws =
      Scope === "Local" || input.Marker !== undefined ? [] : awsManagedPolicies().filter(wanted);
    const { entries, ...page } =
      Scope === "AWS"
        ? { entries: [], IsTruncated: false }
        : pageOf<Policy>(tx, policiesKey(caller), input, wanted);
    return {
      Policies: [
        ...ofAws.map((policy) => showAwsManaged(tx, caller, policy)),
        ...entries.map(({ value }) => showPolicy(tx, caller, value)),
      ],
      ...page,
    };
  });
};

export const deletePolicy: OperationOf<"iam", "DeletePolicy"> = async (
  { cloud, caller },
  { PolicyArn },
) => {
  checkPolicyArn(PolicyArn);
  await cloud.store.write((tx) => {
    const policy = findPolicy(tx, caller, PolicyArn);
    if (attachmentCount(tx, caller, PolicyArn) > 0)
      throw deleteConflict("Cannot delete a policy attached to entities.");
    if (policy.versions.length > 1)
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      );
    tx.delete(policyKey(caller, PolicyArn));
  });
  return {};
};

interface AttachedEntity {
  readonly name: string;
  readonly id: string;
}

export const listEntitiesForPolicy: OperationOf<"iam", "ListEntitiesForPolicy"> = (
  { cloud, caller },
  { PolicyArn, EntityFilter },
) => {
  checkPolicyArn(PolicyArn);
  return cloud.store.read((tx) => {
    if (!awsManagedPolicy(PolicyArn)) findPolicy(tx, caller, PolicyArn);
    const entities = [
      ...tx.range<AttachedEntity>({ prefix: entitiesOfPolicyKey(caller, PolicyArn) }),
    ].map(({ key, value }) => ({ kind: key.at(-2), ...value }));
    const of = (kind: string, filter: string) =>
      entities.filter(
        (entity) => entity.kind === kind && (EntityFilter === undefined || EntityFilter === filter),
      );
    return {
      PolicyGroups: of("group", "Group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
      PolicyUsers: of("user", "User").map(({ name, id }) => ({ UserName: name, UserId: id })),
      PolicyRoles: of("role", "Role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      IsTruncated: false,
    };
  });
};

function showPolicy(tx: ReadTransaction, world: World, policy: Policy): PolicyShown {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentCount(tx, world, policy.arn),
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  };
}

function showAwsManaged(
  tx: ReadTransaction,
  world: World,
  { arn, name, path }: AwsManagedPolicy,
): PolicyShown {
  const digest = createHash("sha256").update(arn).digest("hex").toUpperCase();
  return {
    PolicyName: name,
    PolicyId: `${ID_PREFIX.policy}${digest.replaceAll(/[0189]/g, "X").slice(0, UNIQUE_ID_CHARACTERS)}`,
    Arn: arn,
    Path: path,
    DefaultVersionId: "v1",
    AttachmentCount: attachmentCount(tx, world, arn),
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: AWS_MANAGED_SINCE,
    UpdateDate: AWS_MANAGED_SINCE,
  };
}
