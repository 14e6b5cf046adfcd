import { arn } from "../../arn.ts";
import type { KeyPart, ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { notFound } from "./errors.ts";
import { keyIn } from "./world.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Where the events of a bus are kept to be sent again. */
export interface Archive {
  readonly name: string;
  readonly eventSourceArn: string;
  readonly description?: string;
  readonly eventPattern?: string;
  readonly kmsKeyIdentifier?: string;
  /** 0 for ever. */
  readonly retentionDays: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export function archiveKey(world: World, name: string): KeyPart[] {
  return keyIn(world, "archive", name);
}

export function archiveArn({ account, region }: World, name: string): string {
  return arn("events", region, account, `archive/${name}`);
}

export function findArchive(tx: ReadTransaction, world: World, name: string): Archive | undefined {
  return tx.get<Archive>(archiveKey(world, name));
}

export function requireArchive(tx: ReadTransaction, world: World, name: string): Archive {
  const archive = findArchive(tx, world, name);
  if (!archive) throw notFound(`Archive ${name} does not exist.`);
  return archive;
}

/** In the order of their names. */
export function* archivesOf(tx: ReadTransaction, world: World): Generator<Archive> {
  for (const { value } of tx.range<Archive>({ prefix: keyIn(world, "archive") })) yield value;
}

/** The time (milliseconds since 1970) of the oldest event that is retained; undefined where all are. */
export function retainedFrom({ retentionDays }: Archive, now: number): number | undefined {
  return retentionDays === 0 ? undefined : now - retentionDays * DAY_MS;
}
