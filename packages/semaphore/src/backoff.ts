import type { Time } from "./time.ts";

const FIRST_DELAY_MS = 25;
const DELAY_MS_MAX = 2_000;

const TRANSIENT = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "ThrottledException",
  "Throttling",
  "TransactionConflictException",
  "InternalServerError",
  "InternalServerErrorException",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "RequestTimeout",
  "TimeoutError",
  "ReplicatedWriteConflictException",
]);
const TRANSIENT_CODES = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** May the same request succeed later? Throttling, the server's own errors, a connection that broke. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TRANSIENT.has(error.name)) return true;
  const { code, $metadata, $retryable } = error as {
    readonly code?: unknown;
    readonly $retryable?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  if ($retryable !== undefined) return true;
  if (typeof code === "string" && TRANSIENT_CODES.has(code)) return true;
  return ($metadata?.httpStatusCode ?? 0) >= 500;
}

/** Full jitter: anywhere up to twice as long each time. `failures` counts from 1. Milliseconds. */
export function backoffMs(failures: number, time: Time): number {
  return time.random() * Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** failures);
}
