import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { isServiceError, ServiceError } from "../../errors.ts";

export type BatchFailure = BatchResultErrorEntry;

/** API reference of TooManyEntriesInBatchRequest. */
const BATCH_ENTRIES_MAX = 10;
const BATCH_ENTRY_ID = /^[\w-]{1,80}$/;

/** The entries of a batch, of which there is one at least. Throws `EmptyBatchRequest`. */
export function requireEntries<T>(
  entries: readonly T[] | undefined,
  entryName: string,
): readonly T[] {
  if (!entries || entries.length === 0)
    throw new ServiceError(
      "EmptyBatchRequest",
      `There should be at least one ${entryName} in the request.`,
    );
  return entries;
}

/** Throws `TooManyEntriesInBatchRequest`, `InvalidBatchEntryId`, `BatchEntryIdsNotDistinct`: all for the whole batch. */
export function checkBatch(entries: readonly { readonly Id: string | undefined }[]): void {
  if (entries.length > BATCH_ENTRIES_MAX)
    throw new ServiceError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${BATCH_ENTRIES_MAX}. You have sent ${entries.length}.`,
    );
  const ids = new Set<string>();
  for (const { Id = "" } of entries) {
    if (!BATCH_ENTRY_ID.test(Id))
      throw new ServiceError(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
      );
    if (ids.has(Id)) throw new ServiceError("BatchEntryIdsNotDistinct", `Id ${Id} repeated.`);
    ids.add(Id);
  }
}

/** What a batch answers for an entry that failed; an error that is not the service's own goes on. */
export function failureOf(Id: string, error: unknown): BatchFailure {
  if (!isServiceError(error)) throw error;
  return { Id, SenderFault: true, Code: error.code, Message: error.message };
}

/** A batch's answer, in which AWS leaves out the list that would be empty. */
export function batchResult<T>(
  successful: T[],
  failed: BatchFailure[],
): { Successful: T[] | undefined; Failed: BatchFailure[] | undefined } {
  return {
    Successful: successful.length > 0 ? successful : undefined,
    Failed: failed.length > 0 ? failed : undefined,
  };
}
