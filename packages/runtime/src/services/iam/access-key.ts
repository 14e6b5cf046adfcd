import type { StatusType } from "@aws-sdk/client-iam";
import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { deleteCredential, newAccessKey, putCredential } from "../../credentials.ts";
import type { OperationOf } from "../../service.ts";
import type { Key } from "../../store/store.ts";
import { checkName, entityArn, findEntity, userNameIn, type World } from "./entity.ts";
import { invalid, limitExceeded, noSuchEntity } from "./errors.ts";
import { pageOf } from "./page.ts";

interface AccessKey {
  readonly id: string;
  readonly userName: string;
  readonly status: StatusType;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ACCESS_KEYS_MAX = 2;

export function accessKeysKey({ account }: World, userName: string): Key {
  return ["iam", account, "accessKey", userName.toLowerCase()];
}

/** The secret is told once and kept nowhere. Requests signed with the key act as the user. */
export const createAccessKey: OperationOf<"iam", "CreateAccessKey"> = async (
  { cloud, caller },
  { UserName },
) => {
  const asked = userNameOf(caller, UserName);
  const { accessKeyId, secretAccessKey } = newAccessKey("AKIA");
  const now = cloud.clock.now();
  const key = await cloud.store.write((tx) => {
    const user = findEntity(tx, caller, "user", asked);
    const prefix = accessKeysKey(caller, user.name);
    if ([...tx.range({ prefix })].length >= ACCESS_KEYS_MAX)
      throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${ACCESS_KEYS_MAX}`);
    const key: AccessKey = {
      id: accessKeyId,
      userName: user.name,
      status: "Active",
      createdAt: now,
    };
    tx.put([...prefix, accessKeyId], key);
    const principal = entityArn(caller, "user", user.path, user.name);
    putCredential(tx, accessKeyId, { account: caller.account, principal }, now);
    return key;
  });
  return { AccessKey: { ...show(key), SecretAccessKey: secretAccessKey } };
};

export const listAccessKeys: OperationOf<"iam", "ListAccessKeys"> = ({ cloud, caller }, input) => {
  const userName = userNameOf(caller, input.UserName);
  return cloud.store.read((tx) => {
    const { name } = findEntity(tx, caller, "user", userName);
    const { entries, ...page } = pageOf<AccessKey>(tx, accessKeysKey(caller, name), input);
    return { AccessKeyMetadata: entries.map(({ value }) => show(value)), ...page };
  });
};

export const updateAccessKey: OperationOf<"iam", "UpdateAccessKey"> = async (
  { cloud, caller },
  { UserName, AccessKeyId, Status },
) => {
  const userName = userNameOf(caller, UserName);
  new Constraints()
    .required("accessKeyId", AccessKeyId)
    .required("status", Status)
    .oneOf("status", Status, ["Active", "Inactive"])
    .check("ValidationError");
  const now = cloud.clock.now();
  await cloud.store.write((tx) => {
    const user = findEntity(tx, caller, "user", userName);
    const key = [...accessKeysKey(caller, user.name), AccessKeyId ?? ""];
    const accessKey = tx.get<AccessKey>(key);
    if (!accessKey) throw notFound(AccessKeyId);
    tx.put(key, { ...accessKey, status: Status });
    const principal = entityArn(caller, "user", user.path, user.name);
    if (Status === "Active")
      putCredential(tx, accessKey.id, { account: caller.account, principal }, now);
    else deleteCredential(tx, accessKey.id);
  });
  return {};
};

export const deleteAccessKey: OperationOf<"iam", "DeleteAccessKey"> = async (
  { cloud, caller },
  { UserName, AccessKeyId = "" },
) => {
  const userName = userNameOf(caller, UserName);
  await cloud.store.write((tx) => {
    findEntity(tx, caller, "user", userName);
    const key = [...accessKeysKey(caller, userName), AccessKeyId];
    if (!tx.get(key)) throw notFound(AccessKeyId);
    tx.delete(key);
    deleteCredential(tx, AccessKeyId);
  });
  return {};
};

/** The user that is named, or the one who calls. */
function userNameOf({ principal }: Caller, asked: string | undefined): string {
  const name = asked ?? userNameIn(principal);
  if (name === undefined)
    throw invalid("Must specify userName when calling with non-User credentials");
  checkName("user", name);
  return name;
}

function notFound(id: string | undefined): Error {
  return noSuchEntity(`The Access Key with id ${id} cannot be found.`);
}

function show({ id, userName, status, createdAt }: AccessKey) {
  return {
    UserName: userName,
    AccessKeyId: id,
    Status: status,
    CreateDate: new Date(createdAt),
  };
}
