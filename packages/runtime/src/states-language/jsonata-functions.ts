import { createHash, randomUUID } from "node:crypto";
import jsonata from "jsonata";
import { type Evaluation, evaluationKey } from "./jsonata-limits.ts";

interface RegisteredFunction {
  readonly name: string;
  readonly implementation: Parameters<jsonata.Expression["registerFunction"]>[1];
  /** jsonata's signature syntax: types of the arguments and of the result. */
  readonly signature: string;
}

/** The longest that `$range` makes. Source: floci-io/floci, docs/services/step-functions.md, measured on AWS. */
const RANGE_ELEMENTS_MAX = 360_145;

const HASHES: Readonly<Record<string, string>> = {
  MD5: "md5",
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/**
 * What Step Functions adds to JSONata, and its clock's own `$now` and `$millis`. Source: the developer guide,
 * "Transforming data with JSONata", and for what they do at the edges the measurements in floci's documentation.
 */
export const stepFunctionsFunctions: readonly RegisteredFunction[] = [
  { name: "partition", implementation: partition, signature: "<an?:a>" },
  { name: "range", implementation: range, signature: "<n?n?n?:a>" },
  { name: "hash", implementation: hash, signature: "<s?s?:s>" },
  { name: "random", implementation: (seed?: number) => random(seed), signature: "<n?:n>" },
  { name: "uuid", implementation: () => randomUUID(), signature: "<:s>" },
  { name: "parse", implementation: parse, signature: "<s?:x>" },
  {
    name: "millis",
    implementation: function (this: jsonata.Focus) {
      return nowOf(this);
    },
    signature: "<:n>",
  },
  {
    name: "now",
    implementation: function (this: jsonata.Focus, picture?: string, timezone?: string) {
      return formatTime.evaluate(undefined, { time: nowOf(this), picture, timezone });
    },
    signature: "<s?s?:s>",
  },
];

const formatTime = jsonata("$fromMillis($time, $picture, $timezone)");

function nowOf(focus: jsonata.Focus): number {
  return (focus.environment.lookup(evaluationKey) as Evaluation).now;
}

function partition(list?: unknown[], size?: number): unknown[][] | undefined {
  const length = Math.trunc(size ?? 0);
  if (!list || list.length === 0 || length < 1) return undefined;
  const chunks: unknown[][] = [];
  for (let at = 0; at < list.length; at += length) chunks.push(list.slice(at, at + length));
  return chunks;
}

/** The numbers from `start` to `end`, both in it where a step hits `end`. A single one is the bare number. */
function range(start?: number, end?: number, step?: number): number[] | number | undefined {
  if (start === undefined || end === undefined || step === undefined) return undefined;
  const [first, last, stride] = [Math.trunc(start), Math.trunc(end), Math.trunc(step)];
  if (stride === 0 || Math.sign(last - first) * stride < 0) return undefined;
  const length = Math.floor((last - first) / stride) + 1;
  if (length > RANGE_ELEMENTS_MAX) {
    throw new Error(
      "Expression evaluation memory limit exceeded: Check for excessive memory usage",
    );
  }
  const numbers = Array.from({ length }, (_, index) => first + index * stride);
  return length === 1 ? numbers[0] : numbers;
}

function hash(text?: string, algorithm?: string): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined;
  const known = Object.hasOwn(HASHES, algorithm) ? HASHES[algorithm] : undefined;
  if (!known) {
    throw new Error(
      `Unsupported hash algorithm: ${algorithm}. Use one of ${Object.keys(HASHES).join(", ")}`,
    );
  }
  return createHash(known).update(text).digest("hex");
}

/** In [0, 1). With a seed always the same: mulberry32, since AWS doesn't say which it has. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  let state = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
}

function parse(text?: string): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
