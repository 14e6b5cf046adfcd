import type { PipeState } from "@aws-sdk/client-pipes";
import { sleepUntil } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import {
  EVERY_PIPE,
  everyKey,
  type Pipe,
  type PipeId,
  pipeArn,
  pipeKey,
  positionKey,
} from "./pipe.ts";
import { parseSource } from "./place.ts";
import type { Reader, Reading } from "./reading.ts";
import { SqsReader } from "./sqs-reader.ts";
import { StreamReader } from "./stream-reader.ts";

/** A source that cannot be read is tried again after a second, then after twice that, and so on up to a minute. */
const PAUSE_MS_LEAST = 1_000;
const PAUSE_MS_MOST = 60_000;

/** What a pipe is when what it was about to be did not work out. */
const FAILED: Partial<Record<PipeState, PipeState>> = {
  CREATING: "CREATE_FAILED",
  STARTING: "START_FAILED",
  UPDATING: "UPDATE_FAILED",
};

interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The pipes of a cloud that run, derived from the store. */
export class Runners {
  readonly #cloud: Cloud;
  readonly #running = new Map<string, Running>();
  /** What is under way for each pipe, so that its changes are taken up one after the other. */
  readonly #settling = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Takes up every pipe in the store. */
  start(): void {
    const pipes = this.#cloud.store.read((tx) => [...tx.range<PipeId>({ prefix: EVERY_PIPE })]);
    for (const { value } of pipes) this.settle(value);
  }

  /** Makes true what the store says of a pipe: reads its source or doesn't, and brings its state to rest. */
  settle(id: PipeId): void {
    if (this.#stopped) return;
    const key = pipeArn(id);
    const before = this.#settling.get(key) ?? Promise.resolve();
    const after = before
      .then(() => this.#settle(id, key))
      .catch((error) => {
        if (!this.#stopped) this.#cloud.notices.emit("defect", error);
      })
      .finally(() => {
        if (this.#settling.get(key) === after) this.#settling.delete(key);
      });
    this.#settling.set(key, after);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all(this.#settling.values());
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #settle(id: PipeId, key: string): Promise<void> {
    const pipe = this.#cloud.store.read((tx) => tx.get<Pipe>(pipeKey(id)));
    if (!pipe) return;
    const running = this.#running.get(key);
    running?.stop.abort();
    // A batch that is under way is dealt with before anything else happens to the pipe.
    await running?.ended;
    if (this.#stopped) return;
    this.#running.delete(key);
    if (pipe.currentState === "DELETING") return this.#delete(pipe);
    if (pipe.settings.desiredState === "STOPPED") return this.#rest(pipe, "STOPPED");
    // What did not work out once waits for its user.
    if (pipe.currentState.endsWith("_FAILED")) return;
    await this.#run(pipe, key);
  }

  async #run(pipe: Pipe, key: string): Promise<void> {
    const stop = new AbortController();
    const reader = readerOf({ cloud: this.#cloud, pipe, signal: stop.signal });
    const failed = FAILED[pipe.currentState];
    if (failed)
      try {
        await reader.check();
      } catch (error) {
        if (!(error instanceof ServiceError) || this.#stopped) throw error;
        return this.#rest(pipe, failed, `${error.code}: ${error.message}`);
      }
    await this.#rest(pipe, "RUNNING");
    if (this.#stopped) return;
    this.#running.set(key, { stop, ended: this.#read(reader, stop.signal) });
  }

  /** Reads a source for as long as the pipe runs, and rests before the next try where it cannot be read. */
  async #read(reader: Reader, signal: AbortSignal): Promise<void> {
    const { clock, notices } = this.#cloud;
    let pauseMs = PAUSE_MS_LEAST;
    while (!signal.aborted) {
      const begun = clock.now();
      try {
        await reader.read();
      } catch (error) {
        if (signal.aborted || this.#stopped) return;
        if (!(error instanceof ServiceError)) notices.emit("defect", error);
        // It could be read for a while, so what is wrong now is something new.
        if (clock.now() - begun > PAUSE_MS_MOST) pauseMs = PAUSE_MS_LEAST;
        await sleepUntil(clock, clock.now() + pauseMs, signal).catch(() => {});
        pauseMs = Math.min(PAUSE_MS_MOST, pauseMs * 2);
      }
    }
  }

  async #rest(pipe: Pipe, currentState: PipeState, stateReason?: string): Promise<void> {
    if (pipe.currentState === currentState && pipe.stateReason === stateReason) return;
    await this.#cloud.store.write((tx) => {
      const current = tx.get<Pipe>(pipeKey(pipe));
      // What was asked of it meanwhile is taken up next.
      if (!current || current.modifiedAt !== pipe.modifiedAt) return;
      if (current.currentState !== pipe.currentState) return;
      const { stateReason: _, ...rest } = current;
      tx.put<Pipe>(pipeKey(pipe), { ...rest, currentState, ...(stateReason && { stateReason }) });
    });
  }

  async #delete(pipe: Pipe): Promise<void> {
    await this.#cloud.store.write((tx) => {
      for (const key of [pipeKey(pipe), everyKey(pipe), positionKey(pipe)]) tx.delete(key);
    });
  }
}

export function runnersOf(cloud: Cloud): Runners {
  return new Runners(cloud);
}

function readerOf(reading: Reading): Reader {
  const { service } = parseSource(reading.pipe.settings.source) ?? {};
  return service === "sqs" ? new SqsReader(reading) : new StreamReader(reading);
}
