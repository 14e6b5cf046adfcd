import { arn, parseArn } from "../../arn.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { doesNotExist } from "./errors.ts";
import { keyIn } from "./world.ts";

/** Every account's Region has it, and it cannot be deleted. */
export const DEFAULT_GROUP = "default";

/** A schedule group, as the store keeps it. */
export interface Group {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly tags: Tags;
  /** The token with which it was created: who comes with it again means the same group. */
  readonly clientToken?: string;
}

export function groupArn({ account, region }: World, name: string): string {
  return arn("scheduler", region, account, `schedule-group/${name}`);
}

/** The group that an ARN names; undefined for an ARN of anything else. */
export function parseGroupArn(text: string): (World & { readonly name: string }) | undefined {
  const { service, account = "", region = "", resource = "" } = parseArn(text) ?? {};
  const [, name] = /^schedule-group\/([^/]+)$/.exec(resource) ?? [];
  if (service !== "scheduler" || name === undefined) return undefined;
  return { account, region, name };
}

export function groupsKey(world: World) {
  return keyIn(world, "group");
}

export function groupKey(world: World, name: string) {
  return keyIn(world, "group", name);
}

/** The default group is there without anybody having made it. */
export function findGroup(tx: ReadTransaction, world: World, name: string): Group | undefined {
  const group = tx.get<Group>(groupKey(world, name));
  if (group || name !== DEFAULT_GROUP) return group;
  return { name, createdAt: 0, modifiedAt: 0, tags: {} };
}

/** Throws `ResourceNotFoundException`. */
export function requireGroup(tx: ReadTransaction, world: World, name: string): Group {
  const group = findGroup(tx, world, name);
  if (!group) throw doesNotExist(`Schedule group ${name}`);
  return group;
}
