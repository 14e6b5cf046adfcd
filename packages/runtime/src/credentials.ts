import { randomBytes } from "node:crypto";
import type { Cloud } from "./cloud.ts";
import { ServiceError } from "./errors.ts";
import type { WriteTransaction } from "./store/store.ts";

/** Whom an access key stands for that this cloud gave out: a user of IAM, or a session of STS. */
export interface Credential {
  /** 12 digits. */
  readonly account: string;
  /** The ARN that `GetCallerIdentity` tells. */
  readonly principal: string;
  /** Milliseconds since 1970; undefined for a user's key, which does not expire. */
  readonly expiresAt?: number;
}

export interface AccessKeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const BY_ID = ["credential"] as const;
const BY_EXPIRY = ["credentialByExpiry"] as const;
/** So long is known of a session that it was one, so that its use is told from that of an unknown key. */
const KNOWN_AFTER_EXPIRY_MS = 24 * 3_600_000;
const FORGOTTEN_AT_ONCE_MAX = 10;

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_CHARACTERS = 16;
const SECRET_BYTES = 30;

/** A new key of AWS's form: `AKIA…` for a user's, `ASIA…` for a session's. */
export function newAccessKey(prefix: "AKIA" | "ASIA"): AccessKeyPair {
  return {
    accessKeyId: `${prefix}${randomBase32(ID_CHARACTERS)}`,
    secretAccessKey: randomBytes(SECRET_BYTES).toString("base64"),
  };
}

/** Random capital letters and the digits 2 to 7, of which AWS's unique ids consist. */
export function randomBase32(characters: number): string {
  // 256 is a multiple of 32, so that all are equally likely.
  return [...randomBytes(characters)].map((byte) => BASE32[byte % BASE32.length]).join("");
}

/** Keeps whom a key stands for, and forgets some that expired long ago. */
export function putCredential(
  tx: WriteTransaction,
  accessKeyId: string,
  credential: Credential,
  now: number,
): void {
  tx.put([...BY_ID, accessKeyId], credential);
  if (credential.expiresAt !== undefined)
    tx.put([...BY_EXPIRY, credential.expiresAt, accessKeyId], true);
  const to = [now - KNOWN_AFTER_EXPIRY_MS];
  for (const { key } of [...tx.range({ prefix: BY_EXPIRY, to, limit: FORGOTTEN_AT_ONCE_MAX })]) {
    tx.delete([...BY_ID, key.at(-1)!]);
    tx.delete(key);
  }
}

export function deleteCredential(tx: WriteTransaction, accessKeyId: string): void {
  tx.delete([...BY_ID, accessKeyId]);
}

/**
 * Whom an access key id stands for; undefined for a key that this cloud did not give out. Throws
 * `ExpiredTokenException` (403) for a session that has ended. One look into the store: the gateway asks at each
 * request.
 */
export function sessionOf(cloud: Cloud, accessKeyId: string): Credential | undefined {
  if (!/^A[KS]IA/.test(accessKeyId)) return undefined;
  const credential = cloud.store.read((tx) => tx.get<Credential>([...BY_ID, accessKeyId]));
  if (credential?.expiresAt !== undefined && credential.expiresAt <= cloud.clock.now())
    throw new ServiceError(
      "ExpiredTokenException",
      "The security token included in the request is expired",
      { httpStatus: 403 },
    );
  return credential;
}
