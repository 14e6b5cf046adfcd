import { parseArn } from "../arn.ts";
import type { Caller } from "../call.ts";

/**
 * Whose part in a chain AWS's loop detection sees. What goes through any other service begins a chain of its own, as
 * far as the header that AWS judges by can tell. Source: the Lambda developer guide, "Use Lambda recursive loop
 * detection to prevent infinite loops", "Supported AWS services and SDKs".
 */
const COVERED: ReadonlySet<string> = new Set(["lambda", "sqs", "sns", "s3"]);

/** Whether what comes out of this caller loses the lineage that AWS stops loops by. */
export function leavesCoverage(caller: Caller): caller is Caller & { readonly source: string } {
  const { source } = caller;
  return source !== undefined && isUncovered(source);
}

/** Whether a resource is of a service that hands no lineage on. A principal is no resource. */
export function isUncovered(arn: string): boolean {
  const { service } = parseArn(arn) ?? {};
  return service !== undefined && !COVERED.has(service);
}
