/**
 * Which records of a batch a function's response reports as failed, with `ReportBatchItemFailures`; `"all"` where
 * the response cannot be understood. No response, an empty one and one without failures mean that all went well.
 * Source: Lambda developer guide, "Handling errors for an SQS event source in Lambda", success and failure conditions.
 */
export function reportedFailures(
  payload: Uint8Array | undefined,
  identifiers: ReadonlySet<string>,
): ReadonlySet<string> | "all" {
  const text = new TextDecoder().decode(payload ?? new Uint8Array());
  if (text === "") return new Set();
  let response: unknown;
  try {
    response = JSON.parse(text);
  } catch {
    return "all";
  }
  if (response === null) return new Set();
  if (typeof response !== "object" || Array.isArray(response)) return "all";
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) return "all";
  const failed = new Set<string>();
  for (const failure of failures) {
    const identifier: unknown = failure?.itemIdentifier;
    if (typeof identifier !== "string" || !identifiers.has(identifier)) return "all";
    failed.add(identifier);
  }
  return failed;
}
