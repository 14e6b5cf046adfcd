import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { checkWithoutPolicies } from "./attachment.ts";
import { checkTrustPolicy } from "./document.ts";
import {
  changeEntity,
  checkName,
  checkPath,
  createEntity,
  entityKey,
  findEntity,
  listEntities,
  newEntity,
} from "./entity.ts";
import { deleteConflict, invalid } from "./errors.ts";
import { profilesOfRole } from "./instance-profile.ts";
import { type Role, showListedRole, showRole } from "./role.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const DESCRIPTION_LENGTH_MAX = 1_000;
const SESSION_SECONDS_MIN = 3_600;
const SESSION_SECONDS_MAX = 43_200;
/** The default quota; AWS raises it on request. */
const TRUST_POLICY_SIZE_MAX = 2_048;

export const createRole: OperationOf<"iam", "CreateRole"> = async ({ cloud, caller }, input) => {
  const { RoleName, AssumeRolePolicyDocument, Path: path = "/", PermissionsBoundary } = input;
  checkName("role", RoleName);
  checkPath(path);
  checkRoleSettings(input);
  checkTrustPolicy(AssumeRolePolicyDocument, TRUST_POLICY_SIZE_MAX);
  const role: Role = {
    ...newEntity("role", { name: RoleName, path, tags: input.Tags }, cloud.clock.now()),
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
  const name = `AWSServiceRoleFor${label[0]?.toUpperCase() ?? ""}${label.slice(1)}${suffix}`;
  const role: Role = {
    ...newEntity("role", { name, path: `/aws-service-role/${service}/` }, cloud.clock.now()),
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
  checkName("role", RoleName);
  const role = cloud.store.read((tx) => findEntity<Role>(tx, caller, "role", RoleName));
  return { Role: showRole(caller, role) };
};

/** Without tags, boundary and last use, which AWS tells of a role in `GetRole` only. */
export const listRoles: OperationOf<"iam", "ListRoles"> = ({ cloud, caller }, input) =>
  cloud.store.read((tx) => {
    const { entries, ...page } = listEntities<Role>(tx, caller, "role", input);
    return { Roles: entries.map(({ value }) => showListedRole(caller, value)), ...page };
  });

export const updateRole: OperationOf<"iam", "UpdateRole"> = async (call, input) => {
  checkRoleSettings(input);
  await changeRole(call, input.RoleName, (role) => ({
    ...role,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.MaxSessionDuration === undefined
      ? {}
      : { maxSessionSeconds: input.MaxSessionDuration }),
  }));
  return {};
};

export const updateRoleDescription: OperationOf<"iam", "UpdateRoleDescription"> = async (
  call,
  { RoleName, Description = "" },
) => {
  checkRoleSettings({ Description });
  const role = await changeRole(call, RoleName, (before) => ({
    ...before,
    description: Description,
  }));
  return { Role: showRole(call.caller, role) };
};

export const updateAssumeRolePolicy: OperationOf<"iam", "UpdateAssumeRolePolicy"> = async (
  call,
  { RoleName, PolicyDocument },
) => {
  checkTrustPolicy(PolicyDocument, TRUST_POLICY_SIZE_MAX);
  await changeRole(call, RoleName, (role) => ({ ...role, trustPolicy: PolicyDocument }));
  return {};
};

export const putRolePermissionsBoundary: OperationOf<"iam", "PutRolePermissionsBoundary"> = async (
  call,
  { RoleName, PermissionsBoundary = "" },
) => {
  await changeRole(call, RoleName, (role) => ({
    ...role,
    permissionsBoundary: PermissionsBoundary,
  }));
  return {};
};

export const deleteRolePermissionsBoundary: OperationOf<
  "iam",
  "DeleteRolePermissionsBoundary"
> = async (call, { RoleName }) => {
  await changeRole(call, RoleName, ({ permissionsBoundary: _, ...role }) => role);
  return {};
};

/** Refused as long as anything hangs on the role. */
export const deleteRole: OperationOf<"iam", "DeleteRole"> = async (
  { cloud, caller },
  { RoleName },
) => {
  checkName("role", RoleName);
  await cloud.store.write((tx) => {
    const { name } = findEntity<Role>(tx, caller, "role", RoleName);
    if (profilesOfRole(tx, caller, name).length > 0)
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    checkWithoutPolicies(tx, caller, "role", name);
    tx.delete(entityKey(caller, "role", name));
  });
  return {};
};

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

/** Writes what a role becomes. */
function changeRole(
  { cloud, caller }: Call,
  name: string | undefined,
  change: (role: Role) => Role,
): Promise<Role> {
  checkName("role", name);
  return cloud.store.write((tx) => changeEntity<Role>(tx, caller, "role", name, change));
}
