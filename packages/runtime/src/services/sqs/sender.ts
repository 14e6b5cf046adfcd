import { createHash } from "node:crypto";

const ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_LENGTH = 17;
const known = new Map<string, string>();
const KNOWN_MAX = 1_000;

/**
 * The `SenderId` of a principal: an account's number for its root, else an id as IAM gives them to users (`AIDA…`)
 * and roles (`AROA…:session`); the same principal always has the same.
 */
export function senderId(principal: string): string {
  const remembered = known.get(principal);
  if (remembered !== undefined) return remembered;
  if (known.size >= KNOWN_MAX) known.clear();
  const id = derivedId(principal);
  known.set(principal, id);
  return id;
}

function derivedId(principal: string): string {
  const root = /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(principal);
  if (root) return root[1]!;
  const role = /^(arn:aws[\w-]*:sts::\d{12}:assumed-role\/[^/]+)\/(.+)$/.exec(principal);
  return role ? `AROA${uniquePart(role[1]!)}:${role[2]}` : `AIDA${uniquePart(principal)}`;
}

function uniquePart(principal: string): string {
  const digest = createHash("sha256").update(principal).digest();
  return Array.from(digest.subarray(0, ID_LENGTH), (byte) => ID_CHARACTERS[byte % 32]).join("");
}
