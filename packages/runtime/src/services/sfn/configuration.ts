import type {
  EncryptionConfiguration,
  LoggingConfiguration,
  TracingConfiguration,
} from "@aws-sdk/client-sfn";
import { parseArn } from "../../arn.ts";
import type { Call } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { isServiceError, ServiceError } from "../../errors.ts";

export const NO_TRACING: TracingConfiguration = { enabled: false };
export const OWNED_KEY: EncryptionConfiguration = { type: "AWS_OWNED_KEY" };

/** Source: API reference, EncryptionConfiguration. */
const KEY_REUSE_SECONDS = 300;
const KEY_REUSE_SECONDS_MIN = 60;
const KEY_REUSE_SECONDS_MAX = 900;
/** What a log delivery takes for the ARN of what it delivers from: fewer characters than a machine's name may have. */
const DELIVERED_FROM = "^[0-9A-Za-z.\\/\\-_:]+$";

/**
 * The configuration with what is left out filled in. Throws `InvalidLoggingConfiguration`.
 * A level other than `OFF` needs one destination, and its log group is there. Sources: recorded answers of AWS,
 * `test_sfn_api_logs` in localstack/localstack; the refusals of ARNs, badmintoncryer/cdk-preflight, rules
 * pf-sfn-logging-destination and pf-sfn-logging-name-ascii, and hashicorp/terraform-provider-aws pull request 17683.
 */
export async function checkLogging(
  call: Call,
  machineArn: string,
  given: LoggingConfiguration | undefined,
): Promise<LoggingConfiguration> {
  const { level = "OFF", includeExecutionData = false, destinations } = given ?? {};
  new Constraints()
    .oneOf("loggingConfiguration.level", level, ["ALL", "ERROR", "FATAL", "OFF"])
    .check("ValidationException");
  const count = destinations?.length ?? 0;
  if (count > 1 || (count === 0 && level !== "OFF"))
    throw invalidLogging("Must specify exactly one Log Destination.");
  if (level !== "OFF" && !new RegExp(DELIVERED_FROM).test(machineArn))
    throw invalidLogging(
      `1 validation error detected: Value '${machineArn}' at 'resourceId' failed to satisfy constraint: Member must satisfy regular expression pattern: ${DELIVERED_FROM}`,
    );
  for (const { cloudWatchLogsLogGroup } of destinations ?? [])
    await requireLogGroup(call, cloudWatchLogsLogGroup?.logGroupArn);
  return {
    level,
    includeExecutionData,
    ...(destinations === undefined ? {} : { destinations }),
  };
}

/** Throws `InvalidTracingConfiguration` where `enabled` is missing. */
export function checkTracing(given: TracingConfiguration | undefined): TracingConfiguration {
  if (given === undefined) return NO_TRACING;
  if (given.enabled !== undefined) return { enabled: given.enabled };
  throw new ServiceError(
    "InvalidTracingConfiguration",
    "Invalid Tracing Configuration: 'enabled' must be set to true or false.",
  );
}

/**
 * Throws `InvalidEncryptionConfiguration`. The key is kept and shown; nothing is encrypted with it. Source of the
 * wording: badmintoncryer/cdk-preflight, rule pf-sfn-encryption-config.
 */
export function checkEncryption(
  given: EncryptionConfiguration | undefined,
): EncryptionConfiguration {
  if (given === undefined) return OWNED_KEY;
  const { type, kmsKeyId, kmsDataKeyReusePeriodSeconds } = given;
  new Constraints()
    .required("encryptionConfiguration.type", type)
    .oneOf("encryptionConfiguration.type", type, ["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"])
    .length("encryptionConfiguration.kmsKeyId", kmsKeyId, { min: 1, max: 2_048 })
    .range("encryptionConfiguration.kmsDataKeyReusePeriodSeconds", kmsDataKeyReusePeriodSeconds, {
      min: KEY_REUSE_SECONDS_MIN,
      max: KEY_REUSE_SECONDS_MAX,
    })
    .check("ValidationException");
  if (type === "AWS_OWNED_KEY") {
    for (const [member, value] of Object.entries({ kmsKeyId, kmsDataKeyReusePeriodSeconds }))
      if (value !== undefined)
        throw invalidEncryption(`Custom ${member} is not allowed when selecting AWS_OWNED_KEY.`);
    return OWNED_KEY;
  }
  if (kmsKeyId === undefined) throw invalidEncryption("Must set a valid kmsKeyId.");
  return {
    type,
    kmsKeyId,
    kmsDataKeyReusePeriodSeconds: kmsDataKeyReusePeriodSeconds ?? KEY_REUSE_SECONDS,
  };
}

/** Throws `InvalidArn` on what is not the ARN of a role. No role has to exist. */
export function checkRole(roleArn: string): void {
  const arn = parseArn(roleArn);
  if (arn?.service === "iam" && arn.account && arn.resource.startsWith("role/")) return;
  throw new ServiceError("InvalidArn", `Invalid Role Arn: '${roleArn}'`);
}

async function requireLogGroup(call: Call, logGroupArn: string | undefined): Promise<void> {
  if (logGroupArn === undefined) throw invalidLogging("Must set valid CloudWatch Log Group ARN.");
  const arn = parseArn(logGroupArn);
  const [type, name, qualifier] = arn?.resource.split(":") ?? [];
  if (arn?.service !== "logs" || type !== "log-group" || !name)
    throw invalidLogging("Provided ARN is not CloudWatch Logs Log Group ARN.");
  if (qualifier !== "*") throw invalidLogging("Log Group ARN must be provided with '*' qualifier.");
  const caller = { ...call.caller, region: arn.region, account: arn.account };
  try {
    const { logGroups = [] } = await call.cloud.call(caller, "logs", "DescribeLogGroups", {
      logGroupNamePrefix: name,
      limit: 1,
    });
    if (logGroups[0]?.logGroupName === name) return;
  } catch (error) {
    // A cloud without CloudWatch Logs has nowhere to look.
    if (isServiceError(error, "NotImplemented")) return;
    throw error;
  }
  throw invalidLogging("Log Destination not found.");
}

function invalidLogging(why: string): ServiceError {
  return new ServiceError("InvalidLoggingConfiguration", `Invalid Logging Configuration: ${why}`);
}

function invalidEncryption(why: string): ServiceError {
  return new ServiceError(
    "InvalidEncryptionConfiguration",
    `Invalid Encryption Configuration: ${why}`,
  );
}
