import { createHash } from "node:crypto";
import type { Call } from "../../call.ts";
import { ServiceError } from "../../errors.ts";
import type { Key, KeyPart, WriteTransaction } from "../../store/store.ts";

/** How long a client's token is known. Source: API reference of TransactWriteItems, ClientRequestToken. */
const TOKEN_LIFE_MS = 10 * 60 * 1000;
/** Old tokens that go with each new one: more than one, so that they get fewer. */
const FORGOTTEN_WITH_EACH = 2;

interface Remembered {
  readonly at: number;
  readonly digest: string;
}

function tokenKey({ caller }: Call, token: string): Key {
  return ["dynamodb", "token", caller.account, caller.region, token];
}

const AGES = ["dynamodb", "token-age"] as const;

/**
 * Whether a transaction with this token and content was done in the last ten minutes.
 *
 * Throws `IdempotentParameterMismatchException` where the content was another.
 */
export function recallToken(
  call: Call,
  tx: WriteTransaction,
  { token, content }: { token?: string | undefined; content: unknown },
): boolean {
  if (token === undefined) return false;
  const known = tx.get<Remembered>(tokenKey(call, token));
  if (!known || known.at + TOKEN_LIFE_MS <= call.cloud.clock.now()) return false;
  if (known.digest === digestOf(content)) return true;
  throw new ServiceError(
    "IdempotentParameterMismatchException",
    "Idempotent parameter mismatch: the request with this client token had other parameters.",
  );
}

export function rememberToken(
  call: Call,
  tx: WriteTransaction,
  { token, content }: { token?: string | undefined; content: unknown },
): void {
  if (token === undefined) return;
  const at = call.cloud.clock.now();
  const key = tokenKey(call, token);
  const remembered: Remembered = { at, digest: digestOf(content) };
  tx.put(key, remembered);
  tx.put([...AGES, at, ...key], true);
  forgetOld(tx, at - TOKEN_LIFE_MS);
}

function forgetOld(tx: WriteTransaction, until: number): void {
  const old = [...tx.range({ prefix: AGES, to: [until], limit: FORGOTTEN_WITH_EACH })];
  for (const { key } of old) {
    tx.delete(key);
    const token: KeyPart[] = key.slice(AGES.length + 1);
    // It may have been used again since.
    const known = tx.get<Remembered>(token);
    if (known && known.at < until) tx.delete(token);
  }
}

/** The same for the same content, whatever the order of its members. */
function digestOf(content: unknown): string {
  const text = JSON.stringify(content, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(text).digest("base64");
}
