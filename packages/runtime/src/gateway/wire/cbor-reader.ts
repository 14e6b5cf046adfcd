import { NESTING_DEPTH_MAX, serializationError } from "./json-value.ts";

/** The kinds of item, in the three high bits of its first byte (RFC 8949, 3.1). */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const TAG = 6;

/** In the five low bits: the length is not told, and a break ends the item. */
const INDEFINITE = 31;
const BREAK = 0xff;

const TAG_EPOCH_SECONDS = 1;

/** A timestamp: the one tag that Smithy's protocol uses. */
export class CborTime {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/**
 * Reads CBOR that anybody may have sent. The SDK's decoder is made for what AWS sends: it believes any length that
 * is declared and any depth, and loses a key called `__proto__`. Here nothing is allocated but for bytes that are
 * there. Maps have no prototype; of tags only the time's is known. Throws `SerializationException`.
 */
export function readCbor(body: Buffer): unknown {
  const reader = new CborReader(body);
  const value = reader.item(0);
  if (!reader.isAtEnd) throw malformed();
  return value;
}

class CborReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): unknown {
    if (depth > NESTING_DEPTH_MAX) throw serializationError("The request is nested too deeply.");
    const [kind, low] = this.#head();
    switch (kind) {
      case UNSIGNED:
        return this.#argument(low);
      case NEGATIVE:
        return -1 - this.#argument(low);
      case BYTES:
        return this.#chunks(BYTES, low);
      case TEXT:
        return this.#chunks(TEXT, low).toString("utf8");
      case LIST:
        return this.#list(low, depth);
      case MAP:
        return this.#map(low, depth);
      case TAG:
        return this.#tagged(low, depth);
      default:
        return this.#simple(low);
    }
  }

  #head(): [kind: number, low: number] {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed();
    return [byte >> 5, byte & 0x1f];
  }

  /** The places of so many bytes, which have to be there. */
  #take(count: number): number {
    const from = this.#at;
    if (count > this.#bytes.length - from) throw malformed();
    this.#at += count;
    return from;
  }

  #argument(low: number): number {
    if (low < 24) return low;
    if (low === 24) return this.#bytes.readUInt8(this.#take(1));
    if (low === 25) return this.#bytes.readUInt16BE(this.#take(2));
    if (low === 26) return this.#bytes.readUInt32BE(this.#take(4));
    if (low === 27) return Number(this.#bytes.readBigUInt64BE(this.#take(8)));
    throw malformed();
  }

  #chunks(kind: typeof BYTES | typeof TEXT, low: number): Buffer {
    if (low !== INDEFINITE) return this.#run(low);
    const runs: Buffer[] = [];
    while (!this.#isBreak()) {
      const [chunkKind, chunkLow] = this.#head();
      if (chunkKind !== kind || chunkLow === INDEFINITE) throw malformed();
      runs.push(this.#run(chunkLow));
    }
    return Buffer.concat(runs);
  }

  #run(low: number): Buffer {
    const length = this.#argument(low);
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  #list(low: number, depth: number): unknown[] {
    const list: unknown[] = [];
    for (let left = this.#count(low); this.#hasMore(left); left -= 1)
      list.push(this.item(depth + 1));
    return list;
  }

  #map(low: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    for (let left = this.#count(low); this.#hasMore(left); left -= 1) {
      const [kind, keyLow] = this.#head();
      if (kind !== TEXT) throw malformed();
      const key = this.#chunks(TEXT, keyLow).toString("utf8");
      map[key] = this.item(depth + 1);
    }
    return map;
  }

  #count(low: number): number {
    return low === INDEFINITE ? Number.POSITIVE_INFINITY : this.#argument(low);
  }

  #hasMore(left: number): boolean {
    return left === Number.POSITIVE_INFINITY ? !this.#isBreak() : left > 0;
  }

  #isBreak(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at += 1;
    return true;
  }

  #tagged(low: number, depth: number): CborTime {
    const tag = this.#argument(low);
    const value = this.item(depth + 1);
    if (tag !== TAG_EPOCH_SECONDS || typeof value !== "number") throw malformed();
    return new CborTime(value);
  }

  #simple(low: number): unknown {
    switch (low) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        return halfFloat(this.#bytes.readUInt16BE(this.#take(2)));
      case 26:
        return this.#bytes.readFloatBE(this.#take(4));
      case 27:
        return this.#bytes.readDoubleBE(this.#take(8));
      default:
        throw malformed();
    }
  }
}

/** RFC 8949, appendix D. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function malformed() {
  return serializationError("The request body is not valid CBOR.");
}
