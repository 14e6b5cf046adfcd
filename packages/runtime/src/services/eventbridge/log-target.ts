import { randomUUID } from "node:crypto";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";

/**
 * Writes an input to a log group: each into a stream of its own, as AWS names them by a UUID. An input transformer
 * may say the message and its time. Source: EventBridge user guide, "Event bus targets", "CloudWatch Logs log groups".
 *
 * @param resource of the ARN: `log-group:name` or `log-group:name:*`
 */
export async function writeToLogGroup(
  cloud: Cloud,
  caller: Caller,
  resource: string,
  input: string,
): Promise<void> {
  const logGroupName = resource.slice("log-group:".length).replace(/:\*$/, "");
  const logStreamName = randomUUID();
  await cloud.call(caller, "logs", "CreateLogStream", { logGroupName, logStreamName });
  const logEvents = [logEventOf(input, cloud.clock.now())];
  await cloud.call(caller, "logs", "PutLogEvents", { logGroupName, logStreamName, logEvents });
}

function logEventOf(input: string, now: number): { timestamp: number; message: string } {
  const parsed: unknown = JSON.parse(input);
  if (typeof parsed !== "object" || parsed === null || !("message" in parsed))
    return { timestamp: now, message: input };
  const { message, timestamp } = parsed as { message: unknown; timestamp?: unknown };
  const given = typeof timestamp === "string" ? Date.parse(timestamp) : Number(timestamp);
  return {
    timestamp: Number.isFinite(given) ? given : now,
    message: typeof message === "string" ? message : JSON.stringify(message),
  };
}
