import type { Role as RoleShown } from "@aws-sdk/client-iam";
import { Constraints } from "../../constraints.ts";
import { randomBase32 } from "../../credentials.ts";
import type { OperationOf } from "../../service.ts";
import type { WriteTransaction } from "../../store/store.ts";
import { attachedPolicies } from "./attachment.ts";
import { checkTrustPolicy, type Document, encodeDocument } from "./document.ts";
import {
  checkName,
  checkPath,
  createEntity,
  deleteConflict,
  type Entity,
  entitiesKey,
  entityArn,
  entityKey,
  findEntity,
  invalid,
  UNIQUE_ID_CHARACTERS,
  type World,
} from "./entity.ts";
import { inlinePolicyNames } from "./inline-policy.ts";
import { profilesOfRole } from "./instance-profile.ts";
import { pageOf } from "./page.ts";
import { addTags, removeTags } from "./tags.ts";

export interface Role extends Entity {
  readonly trustPolicy: Document;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  readonly permissionsBoundary?: string;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const DESCRIPTION_LENGTH_MAX = 1_000;
const SESSION_SECONDS_MIN = 3_600;
const SESSION_SECONDS_MAX = 43_200;
/** The default quota; AWS raises it on request. */
const TRUST_POLICY_SIZE_MAX = 2_048;

export const createRole: OperationOf<"iam", "CreateRole"> = async ({ cloud, caller }, input) => {
  const { RoleName, AssumeRolePolicyDocument, Path: path = "/", PermissionsBoundary } = input;
  checkName("role", "roleName", RoleName);
  checkPath(path);
  checkRoleSettings(input);
  checkTrustPolicy(AssumeRolePolicyDocument, TRUST_POLICY_SIZE_MAX);
  const role: Role = {
    name: RoleName,
    path,
    id: `AROA${randomBase32(UNIQUE_ID_CHARACTERS)}`,
    createdAt: cloud.clock.now(),
    tags: addTags([], input.Tags),
    trustPolicy: AssumeRolePolicyDocument,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_MIN,
    ...(PermissionsBoundary === undefined ? {} : { permissionsBoundary: PermissionsBoundary }),
  };
  await cloud.store.write((tx) => createEntity(tx, caller, "role", role));
  return { Role: showRole(caller, role) };
};

/** `AWSServiceRoleFor…` of a service (`lambda.amazonaws.com`), under the path that is its own. */
export const createServiceLinkedRole: OperationOf<"iam", "CreateServiceLinkedRole"> = async (
  { cloud, caller },
  { AWSServiceName, Description, CustomSuffix },
) => {
  new Constraints()
    .required("aWSServiceName", AWSServiceName)
    .length("aWSServiceName", AWSServiceName, { min: 1, max: 128 })
    .pattern("aWSServiceName", AWSServiceName, "[\\w+=,.@-]+")
    .check("ValidationError");
  const service = AWSServiceName ?? "";
  const label = service.split(".")[0] ?? "";
  const suffix = CustomSuffix === undefined ? "" : `_${CustomSuffix}`;
  const role: Role = {
    name: `AWSServiceRoleFor${label[0]?.toUpperCase() ?? ""}${label.slice(1)}${suffix}`,
    path: `/aws-service-role/${service}/`,
    id: `AROA${randomBase32(UNIQUE_ID_CHARACTERS)}`,
    createdAt: cloud.clock.now(),
    tags: [],
    trustPolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: [service] } },
      ],
    }),
    ...(Description === undefined ? {} : { description: Description }),
    maxSessionSeconds: SESSION_SECONDS_MIN,
  };
  await cloud.store.write((tx) => {
    if (tx.get(entityKey(caller, "role", role.name)))
      throw invalid(
        `Service role name ${role.name} has been taken in this account, please try a different suffix.`,
      );
    createEntity(tx, caller, "role", role);
  });
  return { Role: showRole(caller, role) };
};

export const getRole: OperationOf<"iam", "GetRole"> = ({ cloud, caller }, { RoleName }) => {
  checkName("role", "roleName", RoleName);
  const role = cloud.store.read((tx) => findEntity<Role>(tx, caller, "role", RoleName));
  return { Role: showRole(caller, role) };
};

/** Without tags, boundary and last use, which AWS tells of a role in `GetRole` only. */
export const listRoles: OperationOf<"iam", "ListRoles"> = ({ cloud, caller }, input) => {
  const { PathPrefix = "/" } = input;
  return cloud.store.read((tx) => {
    const { entries, ...page } = pageOf<Role>(tx, entitiesKey(caller, "role"), input, ({ path }) =>
      path.startsWith(PathPrefix),
    );
    return { Roles: entries.map(({ value }) => showListedRole(caller, value)), ...page };
  });
};

export const updateRole: OperationOf<"iam", "UpdateRole"> = async ({ cloud, caller }, input) => {
  checkRoleSettings(input);
  await changeRole(cloud, caller, input.RoleName, (role) => ({
    ...role,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.MaxSessionDuration === undefined
      ? {}
      : { maxSessionSeconds: input.MaxSessionDuration }),
  }));
  return {};
};

export const updateRoleDescription: OperationOf<"iam", "UpdateRoleDescription"> = async (
  { cloud, caller },
  { RoleName, Description = "" },
) => {
  checkRoleSettings({ Description });
  const role = await changeRole(cloud, caller, RoleName, (before) => ({
    ...before,
    description: Description,
  }));
  return { Role: showRole(caller, role) };
};

export const updateAssumeRolePolicy: OperationOf<"iam", "UpdateAssumeRolePolicy"> = async (
  { cloud, caller },
  { RoleName, PolicyDocument },
) => {
  checkTrustPolicy(PolicyDocument, TRUST_POLICY_SIZE_MAX);
  await changeRole(cloud, caller, RoleName, (role) => ({ ...role, trustPolicy: PolicyDocument }));
  return {};
};

export const putRolePermissionsBoundary: OperationOf<"iam", "PutRolePermissionsBoundary"> = async (
  { cloud, caller },
  { RoleName, PermissionsBoundary = "" },
) => {
  await changeRole(cloud, caller, RoleName, (role) => ({
    ...role,
    permissionsBoundary: PermissionsBoundary,
  }));
  return {};
};

export const deleteRolePermissionsBoundary: OperationOf<
  "iam",
  "DeleteRolePermissionsBoundary"
> = async ({ cloud, caller }, { RoleName }) => {
  await changeRole(cloud, caller, RoleName, ({ permissionsBoundary: _, ...role }) => role);
  return {};
};

/** Refused as long as anything hangs on the role. */
export const deleteRole: OperationOf<"iam", "DeleteRole"> = async (
  { cloud, caller },
  { RoleName },
) => {
  checkName("role", "roleName", RoleName);
  await cloud.store.write((tx) => {
    const { name } = findEntity<Role>(tx, caller, "role", RoleName);
    if (profilesOfRole(tx, caller, name).length > 0)
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    checkUnused(tx, caller, "role", name);
    tx.delete(entityKey(caller, "role", name));
  });
  return {};
};

/** Refuses to let go an entity with policies. */
export function checkUnused(
  tx: WriteTransaction,
  world: World,
  kind: "role" | "user" | "group",
  name: string,
): void {
  if (attachedPolicies(tx, world, kind, name).length > 0)
    throw deleteConflict("Cannot delete entity, must detach all policies first.");
  if (inlinePolicyNames(tx, world, kind, name).length > 0)
    throw deleteConflict("Cannot delete entity, must delete policies first.");
}

export const tagRole: OperationOf<"iam", "TagRole"> = async (
  { cloud, caller },
  { RoleName, Tags },
) => {
  await changeRole(cloud, caller, RoleName, (role) => ({
    ...role,
    tags: addTags(role.tags, Tags),
  }));
  return {};
};

export const untagRole: OperationOf<"iam", "UntagRole"> = async (
  { cloud, caller },
  { RoleName, TagKeys },
) => {
  await changeRole(cloud, caller, RoleName, (role) => ({
    ...role,
    tags: removeTags(role.tags, TagKeys),
  }));
  return {};
};

export const listRoleTags: OperationOf<"iam", "ListRoleTags"> = (
  { cloud, caller },
  { RoleName },
) => {
  checkName("role", "roleName", RoleName);
  const { tags } = cloud.store.read((tx) => findEntity<Role>(tx, caller, "role", RoleName));
  return { Tags: [...tags], IsTruncated: false };
};

function changeRole(
  { store }: { store: { write<T>(body: (tx: WriteTransaction) => T): Promise<T> } },
  world: World,
  name: string | undefined,
  change: (role: Role) => Role,
): Promise<Role> {
  checkName("role", "roleName", name);
  return store.write((tx) => {
    const role = change(findEntity<Role>(tx, world, "role", name));
    tx.put(entityKey(world, "role", name), role);
    return role;
  });
}

function checkRoleSettings(settings: {
  Description?: string | undefined;
  MaxSessionDuration?: number | undefined;
}): void {
  new Constraints()
    .length("description", settings.Description, { max: DESCRIPTION_LENGTH_MAX })
    .range("maxSessionDuration", settings.MaxSessionDuration, {
      min: SESSION_SECONDS_MIN,
      max: SESSION_SECONDS_MAX,
    })
    .check("ValidationError");
}

export function showListedRole(world: World, role: Role): RoleShown {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: entityArn(world, "role", role.path, role.name),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description === undefined ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
  };
}

function showRole(world: World, role: Role): RoleShown {
  const { permissionsBoundary: boundary } = role;
  return {
    ...showListedRole(world, role),
    ...(boundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy",
            PermissionsBoundaryArn: boundary,
          },
        }),
    ...(role.tags.length === 0 ? {} : { Tags: [...role.tags] }),
    RoleLastUsed: {},
  };
}
