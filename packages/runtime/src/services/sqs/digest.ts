import { createHash, hash } from "node:crypto";
import type { StoredAttribute } from "./message-attributes.ts";

const TRANSPORT_STRING = 1;
const TRANSPORT_BINARY = 2;

export function md5(text: string): string {
  return hash("md5", text);
}

/**
 * The MD5 of message (system) attributes, in hex. For each attribute in the order of names: its name, its type,
 * one byte for how its value is carried, its value; each but the byte with its length before it, 4 bytes big-endian.
 * From the SQS developer guide, "Calculating the MD5 message digest for message attributes".
 */
export function md5OfAttributes(attributes: Readonly<Record<string, StoredAttribute>>): string {
  const digest = createHash("md5");
  for (const name of Object.keys(attributes).sort()) {
    const { type, value } = attributes[name]!;
    withLength(digest, Buffer.from(name));
    withLength(digest, Buffer.from(type));
    const binary = typeof value !== "string";
    digest.update(Uint8Array.of(binary ? TRANSPORT_BINARY : TRANSPORT_STRING));
    withLength(digest, binary ? value : Buffer.from(value));
  }
  return digest.digest("hex");
}

function withLength(digest: ReturnType<typeof createHash>, bytes: Uint8Array): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  digest.update(length).update(bytes);
}
