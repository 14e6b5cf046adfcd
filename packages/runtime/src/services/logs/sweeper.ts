import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import type { WriteTransaction } from "../../store/store.ts";
import type { GroupUse, LogGroup } from "./group.ts";
import {
  groupKey,
  streamsKey,
  streamTimelineKey,
  timelineKey,
  useKey,
  type World,
} from "./keys.ts";
import { retainedSince, retentionMs } from "./retention.ts";
import type { LogStream } from "./stream.ts";
import { BEGINNING, eventsOfGroup, firstOf, sizeOfEvent } from "./timeline.ts";

/** Expired events are hidden at once, and leave the disk within this time. AWS takes up to 72 hours. */
const SWEEP_DELAY_MS = 3_600_000;
/** Events that one transaction clears away. */
const SWEEP_EVENTS_MAX = 1_000;

/** Made once for a cloud; holds a timer for each group that has a retention and events. */
export function sweeper(cloud: Cloud): Sweeper {
  return new Sweeper(cloud);
}

/** Deletes events whose retention has ended. */
export class Sweeper {
  readonly #cloud: Cloud;
  readonly #timers = new Map<string, Timer>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Takes up the groups that a former run of the cloud left. */
  start(): void {
    const groups = this.#cloud.store.read((tx) => [...tx.range<LogGroup>({ prefix: ["logs"] })]);
    for (const { key, value } of groups) {
      const [, account, region, noun, name] = key;
      if (noun === "group" && value.retentionInDays !== undefined)
        this.watch({ account: String(account), region: String(region) }, String(name));
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** Sees to it that the group is swept when its oldest event has expired. Cheap when it is watched already. */
  watch({ account, region }: World, name: string): void {
    const id = `${account} ${region} ${name}`;
    if (this.#timers.has(id) || this.#cloud.stopping.aborted) return;
    const world = { account, region };
    const dueAt = this.#nextSweep(world, name);
    if (dueAt === undefined) return;
    const timer = this.#cloud.clock.setTimer(dueAt, () => {
      void this.#sweep(world, name)
        .catch((error) => this.#cloud.notices.emit("defect", error))
        .finally(() => {
          this.#timers.delete(id);
          this.watch(world, name);
        });
    });
    this.#timers.set(id, timer);
  }

  #nextSweep(world: World, name: string): number | undefined {
    return this.#cloud.store.read((tx) => {
      const group = tx.get<LogGroup>(groupKey(world, name));
      if (group?.retentionInDays === undefined) return undefined;
      const [oldest] = tx.range({ prefix: timelineKey(world, group.number), limit: 1 });
      if (!oldest) return undefined;
      const timestamp = Number(oldest.key.at(-2));
      return timestamp + retentionMs(group.retentionInDays) + SWEEP_DELAY_MS;
    });
  }

  async #sweep(world: World, name: string): Promise<void> {
    const now = this.#cloud.clock.now();
    let left = true;
    while (left && !this.#cloud.stopping.aborted)
      left = await this.#cloud.store.write((tx) => deleteExpired(tx, world, name, now));
  }
}

/** Returns whether there may be more. */
function deleteExpired(tx: WriteTransaction, world: World, name: string, now: number): boolean {
  const group = tx.get<LogGroup>(groupKey(world, name));
  if (!group) return false;
  const span = { from: BEGINNING, to: [retainedSince(group, now), 0] as const, reverse: false };
  const expired = firstOf(eventsOfGroup(tx, world, group, span), SWEEP_EVENTS_MAX);
  const numbers = new Map<string, number | undefined>();
  let freedBytes = 0;
  for (const { stream, message, position } of expired) {
    if (!numbers.has(stream))
      numbers.set(stream, tx.get<LogStream>([...streamsKey(world, group.number), stream])?.number);
    const number = numbers.get(stream);
    if (number !== undefined)
      tx.delete([...streamTimelineKey(world, group.number, number), ...position]);
    tx.delete([...timelineKey(world, group.number), ...position]);
    freedBytes += sizeOfEvent(message);
  }
  const use = tx.get<GroupUse>(useKey(world, group.number));
  if (use && freedBytes > 0)
    tx.put(useKey(world, group.number), { ...use, storedBytes: use.storedBytes - freedBytes });
  return expired.length === SWEEP_EVENTS_MAX;
}
