import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import { hasData, retain } from "./data.ts";
import { expireHistory } from "./history.ts";
import { forgetMetric, knownMetrics } from "./metric.ts";
import { worldsIn } from "./world.ts";

const SWEEP_EVERY_MS = 3_600_000;

/** Once an hour, as long as there is data: merges and drops what has grown old. */
export class Retention {
  readonly #cloud: Cloud;
  #timer: Timer | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  begin(): void {
    this.#timer ??= this.#cloud.clock.setTimer(this.#cloud.clock.now() + SWEEP_EVERY_MS, () => {
      void this.#cloud.activity
        .track(this.#sweep())
        .catch((error) => this.#cloud.notices.emit("defect", error));
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #sweep(): Promise<void> {
    const { store, clock, stopping } = this.#cloud;
    const now = Math.floor(clock.now() / 1000);
    const metrics = store.read((tx) =>
      worldsIn(tx).flatMap((world) => [...knownMetrics(tx, world)].map((m) => ({ world, ...m }))),
    );
    let left = false;
    for (const { world, ...metric } of metrics) {
      let more = true;
      while (more && !stopping.aborted)
        more = await store.write((tx) => retain(tx, world, metric.id, now));
      if (stopping.aborted) return;
      if (store.read((tx) => hasData(tx, world, metric.id))) left = true;
      else await store.write((tx) => forgetMetric(tx, world, metric));
    }
    if (await store.write((tx) => expireHistory(tx, clock.now()))) left = true;
    this.#timer = undefined;
    if (left && !stopping.aborted) this.begin();
  }
}

export function retention(cloud: Cloud): Retention {
  return new Retention(cloud);
}
