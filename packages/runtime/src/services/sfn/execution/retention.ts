import type { Timer } from "../../../clock/clock.ts";
import type { Cloud } from "../../../cloud.ts";
import type { Key, WriteTransaction } from "../../../store/store.ts";
import { dropProgress } from "./ending.ts";
import {
  type Execution,
  executionKey,
  getExecution,
  listedUnder,
  startedKey,
} from "./execution.ts";
import { RETENTION_MS } from "./find-execution.ts";
import { historyKey } from "./history.ts";
import { childInputsKey, childOutputsKey, mapRunKey, mapRunsKey } from "./map-run/map-run.ts";
import { redriveKey } from "./redrive.ts";

/** What has ended, in the order of the ends; of all accounts and Regions. */
const ENDED = ["sfn-ended"] as const;
/** How many executions a transaction takes away. */
const FORGOTTEN_AT_ONCE = 20;

interface Ended {
  readonly account: string;
  readonly region: string;
  readonly id: string;
}

/** Notes the end of an execution: it is kept for 90 days from now on. */
export function noteEnded(
  tx: WriteTransaction,
  cloud: Cloud,
  { account, region, id, stopDate = 0 }: Execution,
): void {
  tx.put<Ended>(endedKey({ account, region, id }, stopDate), { account, region, id });
  tx.afterCommit(() => cloud.derived(makeRetention).await(stopDate));
}

/** An execution has not ended after all: it is redriven. */
export function noteRedriven(
  tx: WriteTransaction,
  { stopDate = 0, ...execution }: Execution,
): void {
  tx.delete(endedKey(execution, stopDate));
}

/** Takes away what ended 90 days ago, from now on. */
export function startRetention(cloud: Cloud): () => void {
  const retention = cloud.derived(makeRetention);
  retention.look();
  return () => retention.stop();
}

function makeRetention(cloud: Cloud): Retention {
  return new Retention(cloud);
}

class Retention {
  readonly #cloud: Cloud;
  #timer: Timer | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Something ended at this instant. What ended before it comes first, and is waited for already. */
  await(stopDate: number): void {
    if (this.#timer || this.#cloud.stopping.aborted) return;
    this.#timer = this.#cloud.clock.setTimer(stopDate + RETENTION_MS + 1, () => {
      this.#timer = undefined;
      void this.#cloud.activity
        .track(this.#forget())
        .catch((error) => this.#cloud.notices.emit("defect", error));
    });
  }

  /** Waits for the first that is to be forgotten. */
  look(): void {
    const [first] = this.#cloud.store.read((tx) => [...tx.range({ prefix: ENDED, limit: 1 })]);
    if (first) this.await(Number(first.key[1]));
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #forget(): Promise<void> {
    const before = this.#cloud.clock.now() - RETENTION_MS;
    for (let more = true; more && !this.#cloud.stopping.aborted; )
      more = await this.#cloud.store.write((tx) => {
        const due = { prefix: ENDED, to: [before], limit: FORGOTTEN_AT_ONCE };
        const entries = [...tx.range<Ended>(due)];
        for (const { key, value } of entries) {
          tx.delete(key);
          const execution = getExecution(tx, value, value.id);
          if (execution) forget(tx, execution);
        }
        return entries.length === FORGOTTEN_AT_ONCE;
      });
    this.look();
  }
}

function forget(tx: WriteTransaction, execution: Execution): void {
  const { id, startDate } = execution;
  tx.delete(executionKey(execution, id));
  tx.delete(redriveKey(execution, id));
  tx.delete([...startedKey(execution, listedUnder(execution)), startDate, id]);
  dropProgress(tx, execution);
  drop(tx, historyKey(execution, id));
  for (const { key, value } of [...tx.range<string>({ prefix: mapRunsKey(execution, id) })]) {
    tx.delete(key);
    tx.delete(mapRunKey(execution, value));
    drop(tx, childInputsKey(execution, value));
    drop(tx, childOutputsKey(execution, value));
  }
}

function drop(tx: WriteTransaction, prefix: Key): void {
  for (const { key } of [...tx.range({ prefix })]) tx.delete(key);
}

function endedKey({ account, region, id }: Ended, stopDate: number): Key {
  return [...ENDED, stopDate, account, region, id];
}
