import { ServiceError } from "../../errors.ts";
import { limitExceeded } from "./errors.ts";

/** A policy's JSON as it was given. IAM keeps it and gives it back; it is not evaluated here. */
export type Document = string;

const VERSIONS = ["2012-10-17", "2008-10-17"];

/** AWS gives documents back encoded as RFC 3986 has it: all but letters, digits and `-_.~`. */
export function encodeDocument(document: Document): string {
  return encodeURIComponent(document).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Refuses what is no trust policy: who may assume a role. */
export function checkTrustPolicy(
  document: Document | undefined,
  roleSizeMax: number,
): asserts document is string {
  const policy = parse(document, "This policy contains invalid Json");
  if (policy.Version !== undefined && !VERSIONS.includes(String(policy.Version)))
    throw malformed("The policy must contain a valid version string");
  for (const statement of statementsOf(policy)) {
    if (!hasOneOf(statement, "Principal", "NotPrincipal"))
      throw malformed("Missing required field Principal");
    if (hasOneOf(statement, "Resource", "NotResource"))
      throw malformed("Has prohibited field Resource");
    if (!hasOneOf(statement, "Action", "NotAction"))
      throw malformed("Missing required field Action");
    checkEffect(statement);
  }
  if (sizeOf(document ?? "") > roleSizeMax)
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${roleSizeMax}`);
}

/** Refuses what is no policy of an identity: what it may do. */
export function checkIdentityPolicy(document: Document | undefined): asserts document is string {
  const policy = parse(document, "Syntax errors in policy.");
  if (policy.Version !== "2012-10-17") {
    throw malformed(
      policy.Version === undefined || VERSIONS.includes(String(policy.Version))
        ? "Policy document must be version 2012-10-17 or greater."
        : "The policy must contain a valid version string",
    );
  }
  for (const statement of statementsOf(policy)) {
    if (hasOneOf(statement, "Principal", "NotPrincipal"))
      throw malformed("Policy document should not specify a principal.");
    checkEffect(statement);
    if (!hasOneOf(statement, "Action", "NotAction"))
      throw malformed("Policy statement must contain actions.");
    if (!hasOneOf(statement, "Resource", "NotResource"))
      throw malformed("Policy statement must contain resources.");
  }
}

/** Whitespace does not count: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export function sizeOf(document: Document): number {
  return document.replaceAll(/\s/g, "").length;
}

type Members = Readonly<Record<string, unknown>>;

function parse(document: string | undefined, refusal: string): Members {
  try {
    const policy: unknown = JSON.parse(document ?? "");
    if (isMembers(policy)) return policy;
  } catch {
    // No JSON: refused below.
  }
  throw malformed(refusal);
}

function statementsOf({ Statement }: Members): Members[] {
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.length === 0 || !statements.every(isMembers))
    throw malformed("Syntax errors in policy.");
  return statements;
}

function checkEffect({ Effect }: Members): void {
  if (Effect !== "Allow" && Effect !== "Deny") throw malformed("Syntax errors in policy.");
}

function hasOneOf(statement: Members, ...members: string[]): boolean {
  return members.some((member) => statement[member] !== undefined);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(message: string): ServiceError {
  return new ServiceError("MalformedPolicyDocumentException", message);
}
