/** The payload limit of a synchronous invocation. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;
/** An event without records. */
const ENVELOPE_BYTES = Buffer.byteLength(JSON.stringify({ Records: [] }));

/** Cuts records into batches, in order, whose events each stay within the payload limit. */
export function cutByPayload<T>(records: readonly T[]): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = ENVELOPE_BYTES;
  for (const record of records) {
    const recordBytes = Buffer.byteLength(JSON.stringify(record)) + 1;
    if (batch.length > 0 && bytes + recordBytes > PAYLOAD_BYTES_MAX) {
      batches.push(batch);
      batch = [];
      bytes = ENVELOPE_BYTES;
    }
    batch.push(record);
    bytes += recordBytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
