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
const LOG_GROUP = /^log-group:([^:]+):\*$/;

/**
 * The configuration with what is left out filled in. Throws `InvalidLoggingConfiguration`.
 * Source: recorded answers of AWS (`test_sfn_api_logs` in localstack/localstack): a level other than `OFF` needs
 * one destination, and its log group is there.
 */
export async function checkLogging(
  call: Call,
  given: LoggingConfiguration | undefined,
): Promise<LoggingConfiguration> {
  const { level = "OFF", includeExecutionData = false, destinations } = given ?? {};
  new Constraints()
    .oneOf("loggingConfiguration.level", level, ["ALL", "ERROR", "FATAL", "OFF"])
    .check("ValidationException");
  const count = destinations?.length ?? 0;
  if (count > 1 || (count === 0 && level !== "OFF"))
    throw invalidLogging("Must specify exactly one Log Destination.");
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

/** Throws `InvalidEncryptionConfiguration`. The key is kept and shown; nothing is encrypted with it. */
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
    if (kmsKeyId !== undefined || kmsDataKeyReusePeriodSeconds !== undefined)
      throw invalidEncryption(
        "kmsKeyId and kmsDataKeyReusePeriodSeconds are only allowed with CUSTOMER_MANAGED_KMS_KEY",
      );
    return OWNED_KEY;
  }
  if (kmsKeyId === undefined)
    throw invalidEncryption("kmsKeyId is required with CUSTOMER_MANAGED_KMS_KEY");
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
  const arn = parseArn(logGroupArn ?? "");
  const name = arn?.service === "logs" ? LOG_GROUP.exec(arn.resource)?.[1] : undefined;
  if (!arn || name === undefined)
    throw invalidLogging(
      `Log Destination must be the ARN of a log group that ends in ':*': '${logGroupArn ?? ""}'`,
    );
  const { region, account } = arn;
  const caller = { ...call.caller, region, account };
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
