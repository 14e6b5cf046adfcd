import type { User as UserShown } from "@aws-sdk/client-iam";
import { rootArn } from "../../arn.ts";
import { randomBase32 } from "../../credentials.ts";
import type { OperationOf } from "../../service.ts";
import { accessKeysKey } from "./access-key.ts";
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
  UNIQUE_ID_CHARACTERS,
  type World,
} from "./entity.ts";
import { groupsOfUserKey } from "./group.ts";
import { pageOf } from "./page.ts";
import { checkUnused } from "./role.ts";
import { addTags, removeTags } from "./tags.ts";

export const createUser: OperationOf<"iam", "CreateUser"> = async ({ cloud, caller }, input) => {
  const { UserName, Path: path = "/" } = input;
  checkName("user", "userName", UserName);
  checkPath(path);
  const user: Entity = {
    name: UserName,
    path,
    id: `AIDA${randomBase32(UNIQUE_ID_CHARACTERS)}`,
    createdAt: cloud.clock.now(),
    tags: addTags([], input.Tags),
  };
  await cloud.store.write((tx) => createEntity(tx, caller, "user", user));
  return { User: showUserWithTags(caller, user) };
};

/** Without a name: the caller, who is the root user where no user of IAM signed. */
export const getUser: OperationOf<"iam", "GetUser"> = ({ cloud, caller }, { UserName }) => {
  const own = /:user\/(?:.*\/)?([^/]+)$/.exec(caller.principal)?.[1];
  const name = UserName ?? own;
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
  checkName("user", "userName", name);
  const user = cloud.store.read((tx) => findEntity(tx, caller, "user", name));
  return { User: showUserWithTags(caller, user) };
};

export const listUsers: OperationOf<"iam", "ListUsers"> = ({ cloud, caller }, input) => {
  const { PathPrefix = "/" } = input;
  return cloud.store.read((tx) => {
    const { entries, ...page } = pageOf<Entity>(
      tx,
      entitiesKey(caller, "user"),
      input,
      ({ path }) => path.startsWith(PathPrefix),
    );
    return { Users: entries.map(({ value }) => showUser(caller, value)), ...page };
  });
};

export const deleteUser: OperationOf<"iam", "DeleteUser"> = async (
  { cloud, caller },
  { UserName },
) => {
  checkName("user", "userName", UserName);
  await cloud.store.write((tx) => {
    const { name } = findEntity(tx, caller, "user", UserName);
    const has = (prefix: ReturnType<typeof accessKeysKey>) =>
      [...tx.range({ prefix, limit: 1 })].length > 0;
    if (has(accessKeysKey(caller, name)))
      throw deleteConflict("Cannot delete entity, must delete access keys first.");
    if (has(groupsOfUserKey(caller, name)))
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    checkUnused(tx, caller, "user", name);
    tx.delete(entityKey(caller, "user", name));
  });
  return {};
};

export const tagUser: OperationOf<"iam", "TagUser"> = async (
  { cloud, caller },
  { UserName, Tags },
) => {
  checkName("user", "userName", UserName);
  await cloud.store.write((tx) => {
    const user = findEntity(tx, caller, "user", UserName);
    tx.put(entityKey(caller, "user", UserName), { ...user, tags: addTags(user.tags, Tags) });
  });
  return {};
};

export const untagUser: OperationOf<"iam", "UntagUser"> = async (
  { cloud, caller },
  { UserName, TagKeys },
) => {
  checkName("user", "userName", UserName);
  await cloud.store.write((tx) => {
    const user = findEntity(tx, caller, "user", UserName);
    tx.put(entityKey(caller, "user", UserName), { ...user, tags: removeTags(user.tags, TagKeys) });
  });
  return {};
};

export const listUserTags: OperationOf<"iam", "ListUserTags"> = (
  { cloud, caller },
  { UserName },
) => {
  checkName("user", "userName", UserName);
  const { tags } = cloud.store.read((tx) => findEntity(tx, caller, "user", UserName));
  return { Tags: [...tags], IsTruncated: false };
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
