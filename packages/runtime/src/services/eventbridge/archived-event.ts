import type { Cloud } from "../../cloud.ts";
import type { CompiledPattern } from "../../patterns/pattern.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type Archive, archivesOf, findArchive, retainedFrom } from "./archive.ts";
import { type BusPlace, busArn } from "./bus.ts";
import type { Event, WrittenEvent } from "./event.ts";
import { parseEventPattern } from "./event-pattern.ts";
import { keyIn } from "./world.ts";

/** How many events that are too old are deleted with each one that is added. */
const PURGED_PER_WRITE_MAX = 100;

/** How much an archive holds. */
export interface ArchiveSize {
  readonly events: number;
  readonly bytes: number;
  /** The number of the next event, which orders those of one second. */
  readonly next: number;
}

const EMPTY: ArchiveSize = { events: 0, bytes: 0, next: 1 };

/** An event's place in its archive: its time in milliseconds since 1970, and its number. */
export type Position = readonly [time: number, number: number];

function sizeKey(world: World, name: string): Key {
  return keyIn(world, "archive-size", name);
}

export function eventsKey(world: World, name: string): Key {
  return keyIn(world, "archived", name);
}

export function sizeOfArchive(tx: ReadTransaction, world: World, name: string): ArchiveSize {
  return tx.get<ArchiveSize>(sizeKey(world, name)) ?? EMPTY;
}

/** Keeps an event in archives of these names, as far as they are still there. */
export function keepInArchives(
  tx: WriteTransaction,
  bus: BusPlace,
  names: readonly string[],
  { event, text }: WrittenEvent,
  now: number,
): void {
  for (const name of names) {
    const archive = findArchive(tx, bus, name);
    if (!archive) continue;
    const size = sizeOfArchive(tx, bus, name);
    tx.put([...eventsKey(bus, name), Date.parse(event.time), size.next], text);
    tx.put<ArchiveSize>(sizeKey(bus, name), {
      events: size.events + 1,
      bytes: size.bytes + Buffer.byteLength(text),
      next: size.next + 1,
    });
    purge(tx, bus, archive, now);
  }
}

/** Deletes some of the events that are older than the archive retains. Returns whether there may be more. */
function purge(tx: WriteTransaction, world: World, archive: Archive, now: number): boolean {
  const from = retainedFrom(archive, now);
  if (from === undefined) return false;
  const prefix = eventsKey(world, archive.name);
  const old = [...tx.range<string>({ prefix, to: [from], limit: PURGED_PER_WRITE_MAX })];
  if (old.length === 0) return false;
  const size = sizeOfArchive(tx, world, archive.name);
  const bytes = old.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
  for (const { key } of old) tx.delete(key);
  tx.put<ArchiveSize>(sizeKey(world, archive.name), {
    ...size,
    events: size.events - old.length,
    bytes: size.bytes - bytes,
  });
  return old.length === PURGED_PER_WRITE_MAX;
}

/** Deletes all events that are older than the archive retains. */
export async function purgeAll(cloud: Cloud, world: World, name: string): Promise<void> {
  const now = cloud.clock.now();
  for (let more = hasOld(cloud, world, name, now); more; )
    more = await cloud.store.write((tx) => {
      const archive = findArchive(tx, world, name);
      return archive !== undefined && purge(tx, world, archive, now);
    });
}

function hasOld(cloud: Cloud, world: World, name: string, now: number): boolean {
  return cloud.store.read((tx) => {
    const archive = findArchive(tx, world, name);
    const from = archive && retainedFrom(archive, now);
    if (from === undefined) return false;
    const prefix = eventsKey(world, name);
    for (const _old of tx.range({ prefix, to: [from], limit: 1 })) return true;
    return false;
  });
}

/** Deletes an archive's events. */
export function deleteEvents(tx: WriteTransaction, world: World, name: string): void {
  const keys = [...tx.range({ prefix: eventsKey(world, name) })].map(({ key }) => key);
  for (const key of keys) tx.delete(key);
  tx.delete(sizeKey(world, name));
}

/** The enabled archives of every bus that was sent something, derived from the store until one of them changes. */
export class ArchiveIndex {
  readonly #cloud: Cloud;
  readonly #buses = new Map<
    string,
    { readonly name: string; readonly pattern: CompiledPattern | undefined }[]
  >();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  matching(bus: BusPlace, event: Event): string[] {
    const key = busArn(bus);
    let archives = this.#buses.get(key);
    if (!archives) {
      const found = this.#cloud.store.read((tx) => [...archivesOf(tx, bus)]);
      archives = found
        .filter(({ eventSourceArn }) => eventSourceArn === key)
        .map(({ name, eventPattern }) => ({
          name,
          pattern:
            eventPattern === undefined ? undefined : parseEventPattern(eventPattern).compiled,
        }));
      this.#buses.set(key, archives);
    }
    return archives
      .filter(({ pattern }) => pattern === undefined || pattern.matches(event))
      .map(({ name }) => name);
  }

  forget(busArn: string): void {
    this.#buses.delete(busArn);
  }
}

export function archiveIndex(cloud: Cloud): ArchiveIndex {
  return new ArchiveIndex(cloud);
}

/** The names of the archives that an event of a bus belongs into. */
export function archivesMatching(cloud: Cloud, bus: BusPlace, event: Event): string[] {
  return cloud.derived(archiveIndex).matching(bus, event);
}
