import type { Cloud } from "../../cloud.ts";
import { expiryPrefix, expirySecond, makeExpiryTimers } from "./expiry-schedule.ts";
import { writeItems } from "./item-writes.ts";
import { emitExpired } from "./metrics.ts";
import type { ItemPlace } from "./storage.ts";
import { EVERY_TABLE, makeTables, type Table, type TableRecord, tableOf } from "./table.ts";

/** Items deleted in one transaction. */
const EXPIRE_MAX = 200;

/** Deletes items when their time has come; AWS takes up to some days. Returns how to stop it. */
export function startExpiry(cloud: Cloud): () => void {
  const timers = cloud.derived(makeExpiryTimers);
  timers.due = (table) => {
    expire(cloud, table).catch((error) => {
      if (!cloud.stopping.aborted) cloud.notices.emit("defect", error);
    });
  };
  const tables = cloud.store.read((tx) => [...tx.range<TableRecord>({ prefix: EVERY_TABLE })]);
  for (const { value } of tables) if (value.timeToLive) timers.expectNext(tableOf(value));
  return () => timers.stop();
}

async function expire(cloud: Cloud, { account, region, name, space }: Table): Promise<void> {
  for (;;) {
    const table = cloud.derived(makeTables).get(account, region, name);
    if (table?.space !== space || !table.timeToLive) return;
    if (await expireSome(cloud, table)) continue;
    cloud.derived(makeExpiryTimers).expectNext(table);
    return;
  }
}

/** Returns whether more have to go now. */
async function expireSome(cloud: Cloud, table: Table): Promise<boolean> {
  const prefix = expiryPrefix(table.space);
  const now = Math.floor(cloud.clock.now() / 1000);
  const { deleted, more } = await writeItems(cloud, table, { expired: true }, (writes) => {
    let deleted = 0;
    const due = [...writes.tx.range({ prefix, to: [now + 1], limit: EXPIRE_MAX })];
    for (const { key } of due) {
      const [second, partition, sort] = key.slice(prefix.length);
      // A key of this prefix has these parts: scheduleExpiry made it.
      const place = (sort === undefined ? [partition] : [partition, sort]) as ItemPlace;
      const item = writes.get(place);
      if (expirySecond(table, item?.[1]) === second) {
        writes.write(place, item, undefined);
        deleted += 1;
      }
      writes.tx.delete(key);
    }
    return { deleted, more: due.length === EXPIRE_MAX };
  });
  emitExpired(cloud, table, deleted);
  return more;
}
