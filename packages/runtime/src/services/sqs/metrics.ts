import type { Cloud } from "../../cloud.ts";
import type { Queue } from "./queue.ts";

/** Emits a metric of a queue, in AWS/SQS. */
export function emit(
  cloud: Cloud,
  queue: Queue,
  name: string,
  value: number,
  unit: "Count" | "Bytes" | "Seconds" = "Count",
) {
  cloud.metrics.emit(
    {
      account: queue.account,
      region: queue.region,
      namespace: "AWS/SQS",
      name,
      dimensions: { QueueName: queue.name },
      unit,
    },
    value,
  );
}

export function emitSent(cloud: Cloud, queue: Queue, bytes: number): void {
  emit(cloud, queue, "NumberOfMessagesSent", 1);
  emit(cloud, queue, "SentMessageSize", bytes, "Bytes");
}

export function emitReceived(cloud: Cloud, queue: Queue, messages: number): void {
  if (messages === 0) emit(cloud, queue, "NumberOfEmptyReceives", 1);
  else emit(cloud, queue, "NumberOfMessagesReceived", messages);
}

export function emitDeleted(cloud: Cloud, queue: Queue, messages: number): void {
  if (messages > 0) emit(cloud, queue, "NumberOfMessagesDeleted", messages);
}
