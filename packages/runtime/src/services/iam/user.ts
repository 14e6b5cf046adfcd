import type { User as UserShown } from "@aws-sdk/client-iam";
import { rootArn } from "../../arn.ts";
import type { OperationOf } from "../../service.ts";
import { accessKeysKey } from "./access-key.ts";
import { checkWithoutPolicies } from "./attachment.ts";
import {
  checkName,
  checkPath,
  createEntity,
  type Entity,
  entityArn,
  entityKey,
  findEntity,
  listEntities,
  newEntity,
  userNameIn,
  type World,
} from "./entity.ts";
import { deleteConflict } from "./errors.ts";
import { groupsOfUserKey } from "./membership.ts";

export const createUser: OperationOf<"iam", "CreateUser"> = async ({ cloud, caller }, input) => {
  const { UserName, Path: path = "/" } = input;
  checkName("user", UserName);
  checkPath(path);
  const user = newEntity("user", { name: UserName, path, tags: input.Tags }, cloud.clock.now());
  await cloud.store.write((tx) => createEntity(tx, caller, "user", user));
  return { User: showUserWithTags(caller, user) };
};

/** Without a name: the caller, who is the root user where no user of IAM signed. */
export const getUser: OperationOf<"iam", "GetUser"> = ({ cloud, caller }, { UserName }) => {
  const name = UserName ?? userNameIn(caller.principal);
  if (name === undefined)
    return {
      User: {
        Path: "/",
        UserName: "root",
        UserId: caller.account,
        Arn: rootArn(caller.account),
        CreateDate: new Date(0),
      },
    };
  checkName("user", name);
  const user = cloud.store.read((tx) => findEntity(tx, caller, "user", name));
  return { User: showUserWithTags(caller, user) };
};

export const listUsers: OperationOf<"iam", "ListUsers"> = ({ cloud, caller }, input) =>
  cloud.store.read((tx) => {
    const { entries, ...page } = listEntities(tx, caller, "user", input);
    return { Users: entries.map(({ value }) => showUser(caller, value)), ...page };
  });

export const deleteUser: OperationOf<"iam", "DeleteUser"> = async (
  { cloud, caller },
  { UserName },
) => {
  checkName("user", UserName);
  await cloud.store.write((tx) => {
    const { name } = findEntity(tx, caller, "user", UserName);
    const has = (prefix: ReturnType<typeof accessKeysKey>) =>
      [...tx.range({ prefix, limit: 1 })].length > 0;
    if (has(accessKeysKey(caller, name)))
      throw deleteConflict("Cannot delete entity, must delete access keys first.");
    if (has(groupsOfUserKey(caller, name)))
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    checkWithoutPolicies(tx, caller, "user", name);
    tx.delete(entityKey(caller, "user", name));
  });
  return {};
};

export function showUser(world: World, user: Entity): UserShown {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: entityArn(world, "user", user.path, user.name),
    CreateDate: new Date(user.createdAt),
  };
}

function showUserWithTags(world: World, user: Entity): UserShown {
  return { ...showUser(world, user), ...(user.tags.length === 0 ? {} : { Tags: [...user.tags] }) };
}
