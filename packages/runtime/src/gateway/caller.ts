import type { IncomingHttpHeaders } from "node:http";
import { rootArn } from "../arn.ts";
import type { Caller } from "../call.ts";

/** What a request's signature says of itself: `<access key id>/<date>/<region>/<service>/aws4_request`. */
export interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signingName: string;
}

export const DEFAULT_ACCOUNT = "000000000000";
export const DEFAULT_REGION = "us-east-1";
/** The principal of a request that is not signed, as policies call it. */
const ANONYMOUS = "anonymous";

/** The credential scope of a SigV4 header or of a presigned URL; undefined where a request is not signed. */
export function credentialScopeOf(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
): CredentialScope | undefined {
  const signed = /Credential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  const [accessKeyId, , region, signingName] = (
    signed ??
    query.get("X-Amz-Credential") ??
    ""
  ).split("/");
  if (!accessKeyId || !region || !signingName) return undefined;
  return { accessKeyId, region, signingName };
}

/** Who an access key id stands for, when it is one that the cloud gave out itself. */
export type Sessions = (
  accessKeyId: string,
) => { readonly account: string; readonly principal: string } | undefined;

/** An access key id of 12 digits is the account; one that the cloud gave out leads to its own; any other is 000000000000. */
export function callerOf(
  scope: CredentialScope | undefined,
  headers: IncomingHttpHeaders,
  sessions: Sessions,
): Caller {
  const accessKeyId = scope?.accessKeyId ?? "";
  const isAccount = /^\d{12}$/.test(accessKeyId);
  const session = isAccount ? undefined : sessions(accessKeyId);
  const account = session?.account ?? (isAccount ? accessKeyId : DEFAULT_ACCOUNT);
  const traceHeader = headers["x-amzn-trace-id"];
  return {
    account,
    region: scope?.region ?? DEFAULT_REGION,
    principal: scope ? (session?.principal ?? rootArn(account)) : ANONYMOUS,
    ...(typeof traceHeader === "string" ? { traceHeader } : {}),
  };
}
