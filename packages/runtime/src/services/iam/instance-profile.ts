import type { InstanceProfile as InstanceProfileShown } from "@aws-sdk/client-iam";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import {
  checkName,
  checkPath,
  type Entity,
  entityArn,
  entityKey,
  findEntity,
  listEntities,
  newEntity,
  type World,
} from "./entity.ts";
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from "./errors.ts";
import { lastPart, pageOf } from "./page.ts";
import { type Role, showListedRole } from "./role.ts";

interface InstanceProfile extends Entity {
  /** One at most. */
  readonly roleName?: string;
}

const NOUN = "instanceProfile";

const profilesOfRoleKey = ({ account }: World, roleName: string): Key => [
  "iam",
  account,
  "roleProfile",
  roleName.toLowerCase(),
];

/** The lower-case names of the profiles that hold a role. */
export function profilesOfRole(tx: ReadTransaction, world: World, roleName: string): string[] {
  return [...tx.range({ prefix: profilesOfRoleKey(world, roleName) })].map(lastPart);
}

export const createInstanceProfile: OperationOf<"iam", "CreateInstanceProfile"> = async (
  { cloud, caller },
  { InstanceProfileName, Path: path = "/", Tags },
) => {
  checkName(NOUN, InstanceProfileName);
  checkPath(path);
  const profile = newEntity(
    NOUN,
    { name: InstanceProfileName, path, tags: Tags },
    cloud.clock.now(),
  );
  return cloud.store.write((tx) => {
    const key = entityKey(caller, NOUN, InstanceProfileName);
    if (tx.get(key)) throw alreadyExists(`Instance Profile ${InstanceProfileName} already exists.`);
    tx.put(key, profile);
    return { InstanceProfile: show(tx, caller, profile) };
  });
};

export const getInstanceProfile: OperationOf<"iam", "GetInstanceProfile"> = (
  { cloud, caller },
  { InstanceProfileName },
) => {
  checkName(NOUN, InstanceProfileName);
  return cloud.store.read((tx) => ({
    InstanceProfile: show(tx, caller, find(tx, caller, InstanceProfileName)),
  }));
};

export const listInstanceProfiles: OperationOf<"iam", "ListInstanceProfiles"> = (
  { cloud, caller },
  input,
) =>
  cloud.store.read((tx) => {
    const { entries, ...page } = listEntities<InstanceProfile>(tx, caller, NOUN, input);
    return { InstanceProfiles: entries.map(({ value }) => show(tx, caller, value)), ...page };
  });

export const listInstanceProfilesForRole: OperationOf<"iam", "ListInstanceProfilesForRole"> = (
  { cloud, caller },
  input,
) => {
  const { RoleName } = input;
  checkName("role", RoleName);
  return cloud.store.read((tx) => {
    findEntity(tx, caller, "role", RoleName);
    const { entries, ...page } = pageOf(tx, profilesOfRoleKey(caller, RoleName), input);
    const profiles = entries.map((entry) => find(tx, caller, lastPart(entry)));
    return { InstanceProfiles: profiles.map((profile) => show(tx, caller, profile)), ...page };
  });
};

export const deleteInstanceProfile: OperationOf<"iam", "DeleteInstanceProfile"> = async (
  { cloud, caller },
  { InstanceProfileName },
) => {
  checkName(NOUN, InstanceProfileName);
  await cloud.store.write((tx) => {
    if (find(tx, caller, InstanceProfileName).roleName !== undefined)
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    tx.delete(entityKey(caller, NOUN, InstanceProfileName));
  });
  return {};
};

export const addRoleToInstanceProfile: OperationOf<"iam", "AddRoleToInstanceProfile"> = async (
  { cloud, caller },
  { InstanceProfileName, RoleName },
) => {
  checkName(NOUN, InstanceProfileName);
  checkName("role", RoleName);
  await cloud.store.write((tx) => {
    const profile = find(tx, caller, InstanceProfileName);
    const { name: roleName } = findEntity(tx, caller, "role", RoleName);
    if (profile.roleName !== undefined)
      throw limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    tx.put(entityKey(caller, NOUN, profile.name), { ...profile, roleName });
    tx.put([...profilesOfRoleKey(caller, roleName), profile.name.toLowerCase()], true);
  });
  return {};
};

export const removeRoleFromInstanceProfile: OperationOf<
  "iam",
  "RemoveRoleFromInstanceProfile"
> = async ({ cloud, caller }, { InstanceProfileName, RoleName }) => {
  checkName(NOUN, InstanceProfileName);
  checkName("role", RoleName);
  await cloud.store.write((tx) => {
    const { roleName, ...profile } = find(tx, caller, InstanceProfileName);
    if (roleName?.toLowerCase() !== RoleName.toLowerCase())
      throw noSuchEntity(`The role with name ${RoleName} cannot be found.`);
    tx.put(entityKey(caller, NOUN, profile.name), profile);
    tx.delete([...profilesOfRoleKey(caller, RoleName), profile.name.toLowerCase()]);
  });
  return {};
};

function find(tx: ReadTransaction | WriteTransaction, world: World, name: string): InstanceProfile {
  const profile = tx.get<InstanceProfile>(entityKey(world, NOUN, name));
  if (profile) return profile;
  throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
}

function show(tx: ReadTransaction, world: World, profile: InstanceProfile): InstanceProfileShown {
  const role = profile.roleName && tx.get<Role>(entityKey(world, "role", profile.roleName));
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: entityArn(world, "instance-profile", profile.path, profile.name),
    CreateDate: new Date(profile.createdAt),
    Roles: role ? [showListedRole(world, role)] : [],
    ...(profile.tags.length === 0 ? {} : { Tags: [...profile.tags] }),
  };
}
