import type { StreamRecord } from "../../../event-sources/stream-record.ts";
import { cutByPayload } from "./payload.ts";
import type { Polling } from "./source.ts";
import { StreamBatch } from "./stream-batch.ts";
import type { WindowState } from "./stream-position.ts";
import type { StreamProgress } from "./stream-progress.ts";
import type { StreamSettings } from "./stream-settings.ts";
import { isTooLarge, returnedState, windowPart, windowStart } from "./stream-window.ts";

/** Nothing rings when a lane is to wait for what only a record or its end brings. */
const WAIT_MS_MAX = 60_000;

interface Waiting {
  readonly record: StreamRecord;
  readonly since: number;
}

/** One of a shard's lanes: gathers records into batches and gets these through the function, one after the other. */
export class StreamLane {
  readonly #polling: Polling;
  readonly #stream: StreamSettings;
  readonly #shardId: string;
  readonly #progress: StreamProgress;
  readonly #channel: string;
  #waiting: Waiting[] = [];
  #ended = false;

  constructor(polling: Polling, shardId: string, progress: StreamProgress, number: number) {
    const { account, region, uuid, settings } = polling.mapping;
    this.#polling = polling;
    // A stream's mapping has a stream's settings.
    this.#stream = settings.stream!;
    this.#shardId = shardId;
    this.#progress = progress;
    this.#channel = `lambda:stream-lane:${account}:${region}:${uuid}:${number}`;
  }

  push(record: StreamRecord): void {
    this.#waiting.push({ record, since: this.#polling.cloud.clock.now() });
    this.#polling.cloud.wakes.wake(this.#channel);
  }

  /** Nothing more comes: what waits goes without waiting for more. */
  end(): void {
    this.#ended = true;
    this.#polling.cloud.wakes.wake(this.#channel);
  }

  /** Resolves when all is through, or the mapping stops. */
  async run(): Promise<void> {
    while (await this.#ready()) {
      const end = await this.#next();
      if (end === "stopped") return;
    }
  }

  /** Waits until a batch may go; false when there will be none. */
  async #ready(): Promise<boolean> {
    const { cloud, signal } = this.#polling;
    while (!signal.aborted) {
      const listener = cloud.wakes.listen(this.#channel);
      const goesAt = this.#goesAt();
      if (goesAt !== undefined && goesAt <= cloud.clock.now()) {
        listener.close();
        return true;
      }
      if (this.#ended && this.#waiting.length === 0) {
        listener.close();
        return false;
      }
      await listener.woken(goesAt ?? cloud.clock.now() + WAIT_MS_MAX, signal).catch(() => {});
    }
    return false;
  }

  /** When something is to be done next, at the latest; undefined when that is not known. */
  #goesAt(): number | undefined {
    const { batchSize, maximumBatchingWindowInSeconds } = this.#polling.mapping.settings;
    const [first] = this.#waiting;
    const window = this.#progress.window;
    const closesAt = window && window.start + this.#stream.tumblingWindowInSeconds * 1000;
    if (!first) return closesAt;
    if (this.#ended || this.#waiting.length >= batchSize) return first.since;
    const records = this.#waiting.map(({ record }) => record);
    if (maximumBatchingWindowInSeconds === 0 || cutByPayload(records).length > 1)
      return first.since;
    const gathered = first.since + maximumBatchingWindowInSeconds * 1000;
    return Math.min(gathered, closesAt ?? gathered);
  }

  async #next(): Promise<"done" | "stopped"> {
    return this.#stream.tumblingWindowInSeconds > 0 ? this.#inWindow() : this.#plain();
  }

  async #plain(): Promise<"done" | "stopped"> {
    const batch = new StreamBatch(
      {
        polling: this.#polling,
        stream: this.#stream,
        shardId: this.#shardId,
        context: {},
        understood: () => true,
        settle: (records, discarded) => this.#progress.settle(records, discarded),
      },
      this.#take(() => true),
    );
    return batch.process();
  }

  /** Takes the first records that make a batch, as long as they belong to it. */
  #take(belongs: (record: StreamRecord) => boolean): StreamRecord[] {
    const { batchSize } = this.#polling.mapping.settings;
    const records = this.#waiting.slice(0, batchSize).map(({ record }) => record);
    const stranger = records.findIndex((record) => !belongs(record));
    const own = stranger < 0 ? records : records.slice(0, stranger);
    const [batch = []] = cutByPayload(own);
    this.#waiting = this.#waiting.slice(batch.length);
    return batch;
  }

  /** In windows: closes the one that is open when its time is over or a later record comes, then goes on. */
  async #inWindow(): Promise<"done" | "stopped"> {
    const seconds = this.#stream.tumblingWindowInSeconds;
    const [first] = this.#waiting;
    const start = first && windowStart(first.record, seconds);
    const open = this.#progress.window;
    if (open && open.start !== start) {
      const over = open.start + seconds * 1000 <= this.#polling.cloud.clock.now();
      if (start !== undefined || over) return this.#close(open, "final");
    }
    if (start === undefined) return "done";
    const window = open?.start === start ? open : { start, state: {} };
    const records = this.#take((record) => windowStart(record, seconds) === start);
    return this.#aggregate(window, records);
  }

  async #aggregate(
    window: WindowState,
    records: readonly StreamRecord[],
  ): Promise<"done" | "stopped"> {
    let state = window.state;
    const end = await new StreamBatch(
      {
        polling: this.#polling,
        stream: this.#stream,
        shardId: this.#shardId,
        context: this.#part(window, "open"),
        understood: (payload) => {
          const returned = returnedState(payload);
          if (returned) state = returned.state;
          return returned !== undefined;
        },
        settle: (settled, discarded) =>
          this.#progress.settle(settled, discarded, { start: window.start, state }),
      },
      records,
    ).process();
    if (end === "stopped" || !isTooLarge(state)) return end;
    return this.#close({ start: window.start, state }, "early");
  }

  /** The window's last invocation: without records, with all that came of it. */
  async #close(window: WindowState, ending: "final" | "early"): Promise<"done" | "stopped"> {
    const end = await new StreamBatch(
      {
        polling: this.#polling,
        stream: this.#stream,
        shardId: this.#shardId,
        context: this.#part(window, ending),
        understood: (payload) => returnedState(payload) !== undefined,
        settle: async () => {},
        mayBeEmpty: true,
      },
      [],
    ).process();
    if (end === "done") await this.#progress.enter(undefined);
    return end;
  }

  #part(window: WindowState, ending: "open" | "final" | "early") {
    const of = {
      shardId: this.#shardId,
      eventSourceARN: this.#polling.mapping.eventSourceArn,
    };
    return windowPart(window, this.#stream.tumblingWindowInSeconds, of, ending);
  }
}
