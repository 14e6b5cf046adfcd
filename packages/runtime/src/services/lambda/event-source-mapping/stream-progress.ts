import { type StreamRecord, sequenceNumberOf } from "../../../event-sources/stream-record.ts";
import type { WriteTransaction } from "../../../store/store.ts";
import type { Polling } from "./source.ts";
import { type Discarded, oweDiscarded } from "./stream-failure.ts";
import { type MappingPosition, positionKey, type WindowState } from "./stream-position.ts";

/**
 * What of a shard is dealt with. Lanes settle their records in any order; the position in the store is the last record
 * before which nothing is left, so that after a crash nothing is left out, and some of it comes twice.
 */
export class StreamProgress {
  readonly #polling: Polling;
  readonly #shardId: string;
  readonly #begunAt: number;
  /** In the order of the stream; true: dealt with. */
  readonly #records = new Map<string, boolean>();
  #position: string | undefined;
  #window: WindowState | undefined;

  constructor(polling: Polling, shardId: string, at: MappingPosition) {
    this.#polling = polling;
    this.#shardId = shardId;
    this.#begunAt = at.begunAt;
    this.#window = at.window;
    if (at.shardId === shardId) this.#position = at.sequenceNumber;
  }

  /** How many records were read and are not dealt with, or wait for one before them. */
  get outstanding(): number {
    return this.#records.size;
  }

  get window(): WindowState | undefined {
    return this.#window;
  }

  took(record: StreamRecord): void {
    this.#records.set(sequenceNumberOf(record), false);
  }

  /** A record that no filter lets through. Nothing is written for it alone. */
  passedOver(record: StreamRecord): void {
    this.#records.set(sequenceNumberOf(record), true);
    this.#advance();
  }

  /** Notes records as dealt with and, where they were given up, owes what is told of them, in one transaction. */
  async settle(
    records: readonly StreamRecord[],
    discarded?: Discarded,
    window: WindowState | undefined = this.#window,
  ): Promise<void> {
    for (const record of records) this.#records.set(sequenceNumberOf(record), true);
    this.#advance();
    this.#window = window;
    const { cloud, mapping } = this.#polling;
    await cloud.store.write((tx) => {
      if (discarded) oweDiscarded(cloud, tx, mapping, discarded);
      this.#write(tx, false);
    });
  }

  /** Notes that the window is closed, or another one is open. */
  async enter(window: WindowState | undefined): Promise<void> {
    this.#window = window;
    await this.#polling.cloud.store.write((tx) => this.#write(tx, false));
  }

  /** Notes that all of the shard is dealt with, and that nothing more comes. */
  async finish(): Promise<void> {
    await this.#polling.cloud.store.write((tx) => this.#write(tx, true));
  }

  #advance(): void {
    for (const [sequenceNumber, done] of this.#records) {
      if (!done) return;
      this.#records.delete(sequenceNumber);
      this.#position = sequenceNumber;
    }
  }

  #write(tx: WriteTransaction, finished: boolean): void {
    const { mapping } = this.#polling;
    const position: MappingPosition = {
      begunAt: this.#begunAt,
      shardId: this.#shardId,
      ...(this.#position !== undefined && { sequenceNumber: this.#position }),
      finished,
      ...(this.#window && { window: this.#window }),
    };
    tx.put(positionKey(mapping), position);
  }
}
