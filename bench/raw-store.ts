import { join } from "node:path";
import { open } from "lmdb";

const WRITERS = 16;
const VALUE = { messageId: "x".repeat(36), bodyMd5: "x".repeat(32), body: "x".repeat(200) };

/**
 * What LMDB alone does of the writes of a SendMessage: three entries in one transaction, by sixteen writers, each of
 * whom waits for the transaction that has its own. Returns writes (of three entries) a second; `flush` waits for the
 * disk at each transaction.
 */
export async function rawWritesPerSecond(
  directory: string,
  writes: number,
  flush: boolean,
): Promise<number> {
  const db = open({ path: join(directory, `raw-${flush}.mdb`), noSync: !flush });
  let next = 0;
  const writeOne = () => {
    next += 1;
    db.put(["message", next], VALUE);
    db.put(["visible", next], [next, 0]);
    db.put(["tally"], [next, next]);
  };
  const begun = performance.now();
  while (next < writes) {
    const together = () => {
      for (let writer = 0; writer < WRITERS; writer += 1) writeOne();
    };
    if (flush) await db.transaction(together);
    else db.transactionSync(together);
  }
  const perSecond = (next * 1000) / (performance.now() - begun);
  await db.close();
  return perSecond;
}
