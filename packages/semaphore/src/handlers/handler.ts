import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBSender } from "../table.ts";
import type { Environment } from "./event.ts";

export interface HandlerOptions {
  /** The caller's; one with the function's Region and credentials is made at the first event when left out. */
  readonly client?: Pick<DynamoDBSender, "send">;
  /** `process.env` when left out. */
  readonly environment?: Environment;
  /** Milliseconds since 1970; the machine's time when left out. */
  readonly now?: () => number;
}

/** What Lambda calls. The original's answer is an empty object, whatever was written. */
export type Handler = (event: unknown, context?: unknown) => Promise<Record<string, never>>;

/** What a handler works with, once it has been called. */
export interface Means {
  readonly client: Pick<DynamoDBSender, "send">;
  readonly environment: Environment;
  readonly now: () => number;
}

/** A handler of this work. Its client, where the caller has given none, is made once, by the first event. */
export function handlerOf(
  work: (event: unknown, means: Means) => Promise<void>,
  { client, environment, now = Date.now }: HandlerOptions,
): Handler {
  let own: DynamoDBClient | undefined;
  const sender = () => {
    own ??= new DynamoDBClient({});
    return own;
  };
  return async (event) => {
    await work(event, {
      client: client ?? sender(),
      environment: environment ?? process.env,
      now,
    });
    return {};
  };
}
