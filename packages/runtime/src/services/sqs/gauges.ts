import type { Timer } from "../../clock/clock.ts";
import type { Cloud } from "../../cloud.ts";
import { emit } from "./metrics.ts";
import { makePopulations } from "./population.ts";
import type { Queue } from "./queue.ts";
import { expireAll, oldestSentAt } from "./retention.ts";

const MINUTE_MS = 60_000;
/** How long after its last use a queue's metrics go on (SQS developer guide, "Available CloudWatch metrics"). */
const ACTIVE_MS = 6 * 60 * MINUTE_MS;

/** Emits each minute how many messages the queues have that are in use; nothing while none is. Returns how to stop. */
export function startGauges(cloud: Cloud): () => void {
  const populations = cloud.derived(makePopulations);
  let timer: Timer | undefined;
  const arm = () => {
    if (timer || cloud.stopping.aborted) return;
    const next = (Math.floor(cloud.clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
    timer = cloud.clock.setTimer(next, () => {
      timer = undefined;
      const active = populations.usedSince(cloud.clock.now() - ACTIVE_MS);
      if (active.length === 0) return;
      arm();
      const gauged = Promise.all(active.map((queue) => gauge(cloud, queue)));
      void cloud.activity.track(gauged).catch((error) => {
        if (!cloud.stopping.aborted) cloud.notices.emit("defect", error);
      });
    });
  };
  populations.onUse(arm);
  return () => timer?.cancel();
}

async function gauge(cloud: Cloud, queue: Queue): Promise<void> {
  const populations = cloud.derived(makePopulations);
  const before = populations.counts(queue);
  if (!before) return;
  const oldest = oldestSentAt(cloud, queue);
  const now = cloud.clock.now();
  const expired = oldest !== undefined && oldest + queue.settings.retentionMs <= now;
  if (expired) await expireAll(cloud, queue);
  const counts = populations.counts(queue) ?? before;
  emit(cloud, queue, "ApproximateNumberOfMessagesVisible", counts.visible);
  emit(cloud, queue, "ApproximateNumberOfMessagesNotVisible", counts.held);
  emit(cloud, queue, "ApproximateNumberOfMessagesDelayed", counts.delayed);
  const first = expired ? oldestSentAt(cloud, queue) : oldest;
  const age = first === undefined ? 0 : Math.max(0, Math.floor((now - first) / 1000));
  emit(cloud, queue, "ApproximateAgeOfOldestMessage", age, "Seconds");
}
