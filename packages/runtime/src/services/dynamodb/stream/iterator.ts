/** How long an iterator can be used. Source: API reference of GetShardIterator, 15 minutes. */
export const ITERATOR_LIFE_MS = 15 * 60 * 1000;

/** What an iterator stands for. */
export interface IteratorPlace {
  readonly streamArn: string;
  /** The shard's number in its stream. */
  readonly shard: number;
  /** The first sequence that is to be read. */
  readonly position: number;
  readonly issuedAt: number;
}

/** `<stream ARN>|1|<the rest, in base 64>`, as AWS's look. */
export function encodeIterator({ streamArn, shard, position, issuedAt }: IteratorPlace): string {
  const rest = Buffer.from(JSON.stringify([shard, position, issuedAt])).toString("base64");
  return `${streamArn}|1|${rest}`;
}

/** Undefined where it is none of ours. */
export function decodeIterator(iterator: string): IteratorPlace | undefined {
  const [streamArn, version, rest] = iterator.split("|");
  if (!streamArn || version !== "1" || !rest) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(rest, "base64").toString());
    if (!Array.isArray(parts) || !parts.every((part) => Number.isSafeInteger(part)))
      return undefined;
    const [shard, position, issuedAt] = parts as [number, number, number];
    return { streamArn, shard, position, issuedAt };
  } catch {
    return undefined;
  }
}
