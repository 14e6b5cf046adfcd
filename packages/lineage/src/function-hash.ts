/** `Allow`: the function may come back for ever. `Terminate`, AWS's default: it is stopped. */
export type RecursiveLoop = "Allow" | "Terminate";

/** The bit of a hash that says that its function gives way; the 31 others say which function it is. */
const GIVES_WAY_BIT = 1;

/**
 * The 8 lower-case hex digits that stand for a function in the header: 31 bits of a hash of its unqualified ARN, and
 * the lowest bit set if it is `Allow`, and so gives way to any that is `Terminate`. Two given functions share the 31
 * bits with a chance of 1 in 2^31, about two thousand million.
 */
export function functionHash(functionArn: string, recursiveLoop: RecursiveLoop): string {
  const identity = hash32(functionArn) & ~GIVES_WAY_BIT;
  return hex(recursiveLoop === "Allow" ? identity | GIVES_WAY_BIT : identity);
}

/** Whether two hashes are of one function, whatever its setting was when each was written. */
export function isSameFunction(hash: string, other: string): boolean {
  return (Number.parseInt(hash, 16) ^ Number.parseInt(other, 16)) >>> 1 === 0;
}

/** Whether the next `Terminate` function takes the place of the one with this hash, unless it is that one itself. */
export function givesWay(hash: string): boolean {
  return (Number.parseInt(hash, 16) & GIVES_WAY_BIT) !== 0;
}

/** The hash of the same function, giving way. */
export function givingWay(hash: string): string {
  return hex(Number.parseInt(hash, 16) | GIVES_WAY_BIT);
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, "0");
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
