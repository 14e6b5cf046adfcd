import { createHash } from "node:crypto";
import { parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { sessionOf } from "../../credentials.ts";
import { isServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";

/** The account of every access key that this cloud did not give out. */
const DEFAULT_ACCOUNT = "000000000000";
const ID_CHARACTERS = 17;

/** Source of the user ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
export const getCallerIdentity: OperationOf<"sts", "GetCallerIdentity"> = async ({
  cloud,
  caller,
}) => ({
  UserId: await userIdOf(cloud, caller),
  Account: caller.account,
  Arn: caller.principal,
});

async function userIdOf(cloud: Cloud, caller: Caller): Promise<string> {
  const [kind, ...rest] = (parseArn(caller.principal)?.resource ?? "").split("/");
  if (kind === "assumed-role") {
    const [roleName = "", sessionName = ""] = rest;
    return `${await roleIdOf(cloud, caller, roleName)}:${sessionName}`;
  }
  if (kind === "user") {
    try {
      const { User } = await cloud.call(caller, "iam", "GetUser", { UserName: rest.at(-1) ?? "" });
      if (User?.UserId !== undefined) return User.UserId;
    } catch (error) {
      if (!isServiceError(error)) throw error;
    }
  }
  return caller.account;
}

/** The role's id in the caller's account; for a role that isn't kept there, one that is always the same. */
export async function roleIdOf(
  cloud: Cloud,
  caller: Pick<Caller, "account" | "region" | "principal">,
  roleName: string,
): Promise<string> {
  try {
    const { Role } = await cloud.call(caller, "iam", "GetRole", { RoleName: roleName });
    if (Role?.RoleId !== undefined) return Role.RoleId;
  } catch (error) {
    if (!isServiceError(error)) throw error;
  }
  const digest = createHash("sha256").update(`${caller.account}/${roleName}`).digest("hex");
  return `AROA${digest
    .toUpperCase()
    .replaceAll(/[0189]/g, "X")
    .slice(0, ID_CHARACTERS)}`;
}

/** The account that a request signed with this key acts in here. */
export const getAccessKeyInfo: OperationOf<"sts", "GetAccessKeyInfo"> = (
  { cloud },
  { AccessKeyId },
) => {
  new Constraints()
    .required("accessKeyId", AccessKeyId)
    .length("accessKeyId", AccessKeyId, { min: 16, max: 128 })
    .pattern("accessKeyId", AccessKeyId, "[\\w]*")
    .check("ValidationError");
  return { Account: sessionOf(cloud, AccessKeyId ?? "")?.account ?? DEFAULT_ACCOUNT };
};
