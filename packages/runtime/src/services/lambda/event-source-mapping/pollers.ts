import type { Cloud } from "../../../cloud.ts";
import {
  type Mapping,
  type MappingState,
  mappingKey,
  mappingsEverywhere,
  USER_INITIATED,
} from "./mapping.ts";
import type { ProcessingResult } from "./source.ts";
import { sourceOf } from "./sources.ts";
import { positionKey } from "./stream-position.ts";

/** A poller that runs: how to end it, and when it has ended. */
interface RunningPoller {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The pollers of a cloud: one for each enabled mapping. */
export class Pollers {
  readonly #cloud: Cloud;
  readonly #running = new Map<string, RunningPoller>();
  /** Every poller that has not ended, those that were told to stop included. */
  readonly #notEnded = new Set<Promise<void>>();
  /** What is under way for each mapping, so that its changes are taken up one after the other. */
  readonly #settling = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Takes up every mapping in the store. */
  start(): void {
    const mappings = this.#cloud.store.read((tx) => [...mappingsEverywhere(tx)]);
    for (const mapping of mappings) this.settle(mapping);
  }

  /** Makes true what the store says of a mapping: reads its source or doesn't, and brings its state to rest. */
  settle({ uuid, account, region }: Mapping): void {
    if (this.#stopped) return;
    const before = this.#settling.get(uuid) ?? Promise.resolve();
    const after = before
      .then(() => this.#settle({ uuid, account, region }))
      .catch((error) => {
        if (!this.#stopped) this.#cloud.notices.emit("defect", error);
      })
      .finally(() => {
        if (this.#settling.get(uuid) === after) this.#settling.delete(uuid);
      });
    this.#settling.set(uuid, after);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all(this.#settling.values());
    await Promise.all(this.#notEnded);
  }

  async #settle(id: { uuid: string; account: string; region: string }): Promise<void> {
    const key = mappingKey(id);
    const mapping = this.#cloud.store.read((tx) => tx.get<Mapping>(key));
    if (!mapping) return;
    const running = this.#running.get(mapping.uuid);
    running?.stop.abort();
    if (mapping.state === "Deleting") {
      await running?.ended;
      if (this.#stopped) return;
      await this.#cloud.store.write((tx) => {
        tx.delete(key);
        tx.delete(positionKey(mapping));
      });
      return;
    }
    const { enabled } = mapping.settings;
    if (!enabled) await running?.ended;
    if (this.#stopped) return;
    await this.#rest(mapping, enabled ? "Enabled" : "Disabled");
    if (enabled && !this.#stopped) this.#run(mapping);
  }

  /** Writes the state in which the mapping stays. */
  async #rest(mapping: Mapping, state: MappingState): Promise<void> {
    if (mapping.state === state) return;
    await this.#cloud.store.write((tx) => {
      const current = tx.get<Mapping>(mappingKey(mapping));
      if (!current) return;
      tx.put(mappingKey(mapping), { ...current, state, lastModified: this.#cloud.clock.now() });
    });
  }

  #run(mapping: Mapping): void {
    const stop = new AbortController();
    const polling = {
      cloud: this.#cloud,
      mapping,
      signal: stop.signal,
      report: this.#reporter(mapping),
    };
    const ended = sourceOf(mapping.eventSourceArn)
      .poll(polling)
      .catch((error) => {
        if (!this.#stopped) this.#cloud.notices.emit("defect", error);
      })
      .finally(() => {
        this.#notEnded.delete(ended);
        if (this.#running.get(mapping.uuid)?.stop === stop) this.#running.delete(mapping.uuid);
      });
    this.#notEnded.add(ended);
    this.#running.set(mapping.uuid, { stop, ended });
  }

  /** Writes how the last attempt went where that differs from what is written: seldom, since most go well. */
  #reporter(mapping: Mapping): (result: ProcessingResult) => void {
    let written: string | undefined = mapping.lastProcessingResult;
    let reason = mapping.stateTransitionReason;
    return (result) => {
      const lastProcessingResult =
        result.kind === "ok" ? (written === undefined ? undefined : "OK") : result.result;
      const stateTransitionReason = result.kind === "broken" ? result.result : USER_INITIATED;
      if (lastProcessingResult === written && stateTransitionReason === reason) return;
      written = lastProcessingResult;
      reason = stateTransitionReason;
      if (this.#stopped) return;
      void this.#cloud.store
        .write((tx) => {
          const current = tx.get<Mapping>(mappingKey(mapping));
          if (!current) return;
          tx.put(mappingKey(mapping), { ...current, lastProcessingResult, stateTransitionReason });
        })
        .catch((error) => this.#cloud.notices.emit("defect", error));
    };
  }
}

export function pollersOf(cloud: Cloud): Pollers {
  return new Pollers(cloud);
}

/** Starts to read for every enabled mapping; returns how to stop. Mappings made or changed later are taken up as they come. */
export function startEventSourceMappings(cloud: Cloud): () => Promise<void> {
  const pollers = cloud.derived(pollersOf);
  pollers.start();
  return () => pollers.stop();
}
