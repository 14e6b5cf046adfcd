import { BlockList, isIP } from "node:net";
import { PatternError } from "./pattern-error.ts";

/** Compiles `10.0.0.0/24` or `2001:db8::/32` to a test of addresses. Throws {@link PatternError}. */
export function compileCidr(cidr: unknown, path: string): (text: string) => boolean {
  // The rule compiler reports a wrong type here as it does for a prefix.
  if (typeof cidr !== "string")
    throw new PatternError("prefix match pattern must be a string", path);
  const [address = "", mask, ...rest] = cidr.split("/");
  if (mask === undefined || rest.length > 0)
    throw new PatternError("Malformed CIDR, one '/' required", path);
  if (!/^\d+$/.test(mask))
    throw new PatternError("Malformed CIDR, mask bits must be an integer", path);
  const version = isIP(address);
  if (version === 0) throw new PatternError(`Nonstandard IP address: ${address}`, path);
  const bits = Number(mask);
  if (bits > (version === 4 ? 32 : 128))
    throw new PatternError(
      version === 4 ? "IPv4 mask bits must be < 32" : "IPv6 mask bits must be < 128",
      path,
    );
  const family = version === 4 ? "ipv4" : "ipv6";
  const block = new BlockList();
  block.addSubnet(address, bits, family);
  return (text) => isIP(text) === version && block.check(text, family);
}
