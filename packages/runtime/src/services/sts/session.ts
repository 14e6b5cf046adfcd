import { randomBytes } from "node:crypto";
import type { Credentials } from "@aws-sdk/client-sts";
import { arn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import { newAccessKey, putCredential } from "../../credentials.ts";
import { isServiceError, ServiceError } from "../../errors.ts";
import type { OperationOf } from "../../service.ts";
import { roleIdOf } from "./identity.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, in seconds. */
const SESSION_SECONDS_MIN = 900;
const ROLE_SESSION_SECONDS_MAX = 43_200;
const ROLE_SESSION_SECONDS = 3_600;
/** A role assumed by a role's session: no longer than an hour. */
const CHAINED_SESSION_SECONDS_MAX = 3_600;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
const USER_SESSION_SECONDS_MAX = 129_600;
const USER_SESSION_SECONDS = 43_200;
const ROOT_SESSION_SECONDS_MAX = 3_600;

const SESSION_NAME_PATTERN = "[\\w+=,.@-]*";
const ROLE_ARN = /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;
const SESSION_TOKEN_BYTES = 240;

export { sessionOf } from "../../credentials.ts";

interface RoleSession {
  readonly roleArn: string | undefined;
  readonly sessionName: string | undefined;
  readonly seconds: number;
}

interface AssumedRole {
  readonly Credentials: Credentials;
  readonly AssumedRoleUser: { readonly AssumedRoleId: string; readonly Arn: string };
}

/**
 * A session as a role, of the role's own account. Who may assume it is not decided here: trust policies are kept and
 * not evaluated, and a role that was never created can be assumed too, since roles of other accounts often are not.
 */
export const assumeRole: OperationOf<"sts", "AssumeRole"> = async ({ cloud, caller }, input) => {
  const { DurationSeconds: seconds = ROLE_SESSION_SECONDS, SourceIdentity } = input;
  const session = { roleArn: input.RoleArn, sessionName: input.RoleSessionName, seconds };
  constrainRoleSession(new Constraints(), session)
    .length("externalId", input.ExternalId, { min: 2, max: 1224 })
    .length("sourceIdentity", SourceIdentity, { min: 2, max: 64 })
    .check("ValidationError");
  if (caller.principal.includes(":assumed-role/") && seconds > CHAINED_SESSION_SECONDS_MAX)
    throw invalid(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    );
  return {
    ...(await startRoleSession(cloud, caller, session)),
    ...(SourceIdentity === undefined ? {} : { SourceIdentity }),
  };
};

/** The token is read and believed: neither its signature nor its issuer is verified. */
export const assumeRoleWithWebIdentity: OperationOf<"sts", "AssumeRoleWithWebIdentity"> = async (
  { cloud, caller },
  input,
) => {
  const { DurationSeconds: seconds = ROLE_SESSION_SECONDS, WebIdentityToken } = input;
  const session = { roleArn: input.RoleArn, sessionName: input.RoleSessionName, seconds };
  constrainRoleSession(new Constraints(), session)
    .required("webIdentityToken", WebIdentityToken)
    .length("webIdentityToken", WebIdentityToken, { min: 4, max: 20_000 })
    .check("ValidationError");
  const claims = claimsOf(WebIdentityToken ?? "");
  return {
    ...(await startRoleSession(cloud, caller, session)),
    ...(typeof claims.sub === "string" ? { SubjectFromWebIdentityToken: claims.sub } : {}),
    ...(typeof claims.iss === "string" ? { Provider: claims.iss } : {}),
    ...(typeof claims.aud === "string" ? { Audience: claims.aud } : {}),
  };
};

/** A session as oneself, for a user or the root user. */
export const getSessionToken: OperationOf<"sts", "GetSessionToken"> = async (
  { cloud, caller },
  input,
) => {
  const { DurationSeconds = USER_SESSION_SECONDS } = input;
  new Constraints()
    .range("durationSeconds", DurationSeconds, {
      min: SESSION_SECONDS_MIN,
      max: USER_SESSION_SECONDS_MAX,
    })
    .check("ValidationError");
  if (caller.principal.includes(":assumed-role/"))
    throw new ServiceError("AccessDenied", "Cannot call GetSessionToken with session credentials", {
      httpStatus: 403,
    });
  // A root user's session is cut to an hour, says the documentation, whatever was asked for.
  const isRoot = caller.principal.endsWith(":root");
  const seconds = isRoot ? Math.min(DurationSeconds, ROOT_SESSION_SECONDS_MAX) : DurationSeconds;
  return { Credentials: await giveOut(cloud, caller.account, caller.principal, seconds) };
};

function constrainRoleSession(
  constraints: Constraints,
  { roleArn, sessionName, seconds }: RoleSession,
): Constraints {
  return constraints
    .required("roleArn", roleArn)
    .length("roleArn", roleArn, { min: 20, max: 2048 })
    .required("roleSessionName", sessionName)
    .length("roleSessionName", sessionName, { min: 2, max: 64 })
    .pattern("roleSessionName", sessionName, SESSION_NAME_PATTERN)
    .range("durationSeconds", seconds, { min: SESSION_SECONDS_MIN, max: ROLE_SESSION_SECONDS_MAX });
}

async function startRoleSession(
  cloud: Cloud,
  caller: Caller,
  { roleArn = "", sessionName = "", seconds }: RoleSession,
): Promise<AssumedRole> {
  const match = ROLE_ARN.exec(roleArn);
  if (!match) throw invalid(`${roleArn} is invalid`);
  const [, account = "", roleName = ""] = match;
  const there = { account, region: caller.region, principal: caller.principal };
  await checkDuration(cloud, there, roleName, seconds);
  const principal = arn("sts", "", account, `assumed-role/${roleName}/${sessionName}`);
  return {
    Credentials: await giveOut(cloud, account, principal, seconds),
    AssumedRoleUser: {
      AssumedRoleId: `${await roleIdOf(cloud, there, roleName)}:${sessionName}`,
      Arn: principal,
    },
  };
}

async function checkDuration(
  cloud: Cloud,
  there: Caller,
  roleName: string,
  seconds: number,
): Promise<void> {
  try {
    const { Role } = await cloud.call(there, "iam", "GetRole", { RoleName: roleName });
    if (seconds <= (Role?.MaxSessionDuration ?? ROLE_SESSION_SECONDS_MAX)) return;
  } catch (error) {
    if (isServiceError(error)) return;
    throw error;
  }
  throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

async function giveOut(
  cloud: Cloud,
  account: string,
  principal: string,
  seconds: number,
): Promise<Credentials> {
  const { accessKeyId, secretAccessKey } = newAccessKey("ASIA");
  const now = cloud.clock.now();
  const expiresAt = now + seconds * 1000;
  await cloud.store.write((tx) =>
    putCredential(tx, accessKeyId, { account, principal, expiresAt }, now),
  );
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: randomBytes(SESSION_TOKEN_BYTES).toString("base64"),
    Expiration: new Date(expiresAt),
  };
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"),
    );
    if (typeof claims === "object" && claims !== null) return claims as Record<string, unknown>;
  } catch {
    // No JSON Web Token: refused below.
  }
  throw new ServiceError(
    "InvalidIdentityTokenException",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError("ValidationError", message, { httpStatus: 400 });
}
