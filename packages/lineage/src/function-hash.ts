/** `Allow`: the function may come back for ever. `Terminate`, AWS's default: it is stopped. */
export type RecursiveLoop = "Allow" | "Terminate";

/** The bit of a hash that says that its function is `Allow`; the 31 others say which function it is. */
const ALLOW_BIT = 1;

/**
 * The 8 lower-case hex digits that stand for a function in the header: 31 bits of a hash of its unqualified ARN, and
 * the lowest bit set if it is `Allow`. Two given functions share the 31 bits with a chance of 1 in 2^31, about two
 * thousand million.
 */
export function functionHash(functionArn: string, recursiveLoop: RecursiveLoop): string {
  const identity = hash32(functionArn) & ~ALLOW_BIT;
  const bits = recursiveLoop === "Allow" ? identity | ALLOW_BIT : identity;
  return (bits >>> 0).toString(16).padStart(8, "0");
}

/** Whether two hashes are of one function, whatever its setting was when each was written. */
export function isSameFunction(hash: string, other: string): boolean {
  return (Number.parseInt(hash, 16) ^ Number.parseInt(other, 16)) >>> 1 === 0;
}

export function isAllow(hash: string): boolean {
  return (Number.parseInt(hash, 16) & ALLOW_BIT) !== 0;
}

/** FNV-1a over the UTF-16 units, then MurmurHash3's finalizer, so that names that differ in a digit differ everywhere. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
