import type { ServiceName } from "../../sdk.ts";
import type { WireRequest } from "./wire.ts";

/**
 * What a request's place says beside its members: SQS in the Query protocol is posted to the queue's own URL, and
 * need not name it again.
 */
export function implied(service: ServiceName, { path }: WireRequest, input: unknown): unknown {
  if (service !== "sqs" || !/^\/\d{12}\/[^/]+$/.test(path)) return input;
  return { QueueUrl: path, ...(input as object) };
}
