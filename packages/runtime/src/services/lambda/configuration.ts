import { randomUUID } from "node:crypto";
import type {
  CreateFunctionRequest,
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  LoggingConfig,
  UpdateFunctionConfigurationRequest,
  VpcConfig,
} from "@aws-sdk/client-lambda";
import { Constraints, SENSITIVE, violation } from "../../constraints.ts";
import { runtimeVersionArn } from "../../functions/runtime-version.ts";
import type { World } from "../../world.ts";
import { invalidParameter } from "./errors.ts";
import { functionArn, LATEST, timestamp } from "./names.ts";
import type { FunctionVersion, UsedLayer } from "./record.ts";
import { requireSupported } from "./runtimes.ts";

const DESCRIPTION_LENGTH_MAX = 256;
const HANDLER_LENGTH_MAX = 128;
const TIMEOUT_SECONDS_MAX = 900;
const MEMORY_MEGABYTES_MIN = 128;
const MEMORY_MEGABYTES_MAX = 10_240;
const EPHEMERAL_STORAGE_MEGABYTES_MIN = 512;
const EPHEMERAL_STORAGE_MEGABYTES_MAX = 10_240;
const ENVIRONMENT_BYTES_MAX = 4_096;
const ROLE_PATTERN = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
const RESOURCE_ARN_PATTERN = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()";
const VARIABLE_PATTERN = "[a-zA-Z]([a-zA-Z0-9_])+";
const ARCHITECTURES = ["x86_64", "arm64"];

/** "Using Lambda environment variables", reserved environment variables. */
const RESERVED_VARIABLES = new Set(
  "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR".split(
    " ",
  ),
);

/** What a caller may set of a version: the members that creating and updating have in common, and architectures. */
export type Settings = Partial<
  Pick<UpdateFunctionConfigurationRequest, keyof UpdateFunctionConfigurationRequest> &
    Pick<CreateFunctionRequest, "Architectures">
>;

/**
 * Checks ranges, patterns and enumerations of all that is given. Throws ValidationException or, where AWS does so,
 * InvalidParameterValueException. Sources: botocore's model, and "Lambda quotas".
 */
export function checkSettings(input: Settings, constraints = new Constraints()): void {
  constraints
    .pattern("role", input.Role, ROLE_PATTERN)
    .pattern("handler", input.Handler, "[^\\s]+")
    .length("handler", input.Handler, { max: HANDLER_LENGTH_MAX })
    .length("description", input.Description, { max: DESCRIPTION_LENGTH_MAX })
    .range("timeout", input.Timeout, { min: 1, max: TIMEOUT_SECONDS_MAX })
    .range("memorySize", input.MemorySize, { min: MEMORY_MEGABYTES_MIN, max: MEMORY_MEGABYTES_MAX })
    .range("ephemeralStorage.size", input.EphemeralStorage?.Size, {
      min: EPHEMERAL_STORAGE_MEGABYTES_MIN,
      max: EPHEMERAL_STORAGE_MEGABYTES_MAX,
    })
    .pattern("deadLetterConfig.targetArn", input.DeadLetterConfig?.TargetArn, RESOURCE_ARN_PATTERN)
    .oneOf("tracingConfig.mode", input.TracingConfig?.Mode, ["Active", "PassThrough"])
    .oneOf("snapStart.applyOn", input.SnapStart?.ApplyOn, ["PublishedVersions", "None"])
    .oneOf("loggingConfig.logFormat", input.LoggingConfig?.LogFormat, ["JSON", "Text"])
    .pattern("loggingConfig.logGroup", input.LoggingConfig?.LogGroup, "[\\.\\-_/#A-Za-z0-9]+")
    .length("architectures", input.Architectures, { min: 1, max: 1 })
    .check("ValidationException");
  checkArchitectures(input.Architectures);
  checkEnvironment(input.Environment?.Variables);
  checkDeadLetterTarget(input.DeadLetterConfig?.TargetArn);
  if (input.Runtime !== undefined) requireSupported(input.Runtime);
}

function checkArchitectures(architectures: readonly string[] = []): void {
  if (architectures.every((architecture) => ARCHITECTURES.includes(architecture))) return;
  throw violation(
    "ValidationException",
    "architectures",
    `[${architectures.join(", ")}]`,
    "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
  );
}

function checkEnvironment(variables: Readonly<Record<string, string>> | undefined): void {
  if (variables === undefined) return;
  const names = Object.keys(variables);
  const pattern = new RegExp(`^${VARIABLE_PATTERN}$`);
  const reserved = names.filter((name) => RESERVED_VARIABLES.has(name));
  if (reserved.length > 0)
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  if (!names.every((name) => pattern.test(name)))
    throw violation(
      "ValidationException",
      "environment.variables",
      SENSITIVE,
      `Map keys must satisfy constraint: [Member must satisfy regular expression pattern: ${VARIABLE_PATTERN}, Member must not be null]`,
    );
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > ENVIRONMENT_BYTES_MAX)
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${measured}`,
    );
}

function checkDeadLetterTarget(arn: string | undefined): void {
  if (!arn || /^arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:\d{12}:[^:]+$/.test(arn)) return;
  throw invalidParameter(
    `The dead-letter queue target ${arn} is invalid: it has to be the ARN of an SQS queue or an SNS topic.`,
  );
}

/**
 * A version as it is after a change: what is given replaces what was, the rest stays. `layers` are those that
 * `input.Layers` names, looked up.
 */
export function configured(
  version: FunctionVersion,
  input: Settings,
  layers: readonly UsedLayer[] | undefined,
  now: number,
): FunctionVersion {
  const {
    deadLetterTargetArn = undefined,
    vpcConfig = undefined,
    kmsKeyArn = undefined,
    environment = undefined,
    fileSystemConfigs = undefined,
    ...rest
  } = version;
  const optional = {
    deadLetterTargetArn: input.DeadLetterConfig
      ? input.DeadLetterConfig.TargetArn || undefined
      : deadLetterTargetArn,
    vpcConfig: input.VpcConfig ? attachedVpc(input.VpcConfig) : vpcConfig,
    kmsKeyArn: input.KMSKeyArn === undefined ? kmsKeyArn : input.KMSKeyArn || undefined,
    environment: input.Environment ? (input.Environment.Variables ?? {}) : environment,
    fileSystemConfigs: input.FileSystemConfigs ?? fileSystemConfigs,
  };
  return {
    ...rest,
    ...withoutUndefined(optional),
    description: input.Description ?? rest.description,
    runtime: input.Runtime ?? rest.runtime,
    role: input.Role ?? rest.role,
    handler: input.Handler ?? rest.handler,
    timeoutSeconds: input.Timeout ?? rest.timeoutSeconds,
    memorySizeMegabytes: input.MemorySize ?? rest.memorySizeMegabytes,
    layers: layers ?? rest.layers,
    tracingMode: input.TracingConfig?.Mode ?? rest.tracingMode,
    architectures: input.Architectures ?? rest.architectures,
    ephemeralStorageMegabytes: input.EphemeralStorage?.Size ?? rest.ephemeralStorageMegabytes,
    snapStartApplyOn: input.SnapStart?.ApplyOn ?? rest.snapStartApplyOn,
    logging: input.LoggingConfig ? logging(rest.name, input.LoggingConfig) : rest.logging,
    lastModified: now,
    revisionId: randomUUID(),
  };
}

/** Where nothing is set: AWS's defaults. */
export function defaultLogging(name: string): LoggingConfig {
  return { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` };
}

function logging(name: string, input: LoggingConfig): LoggingConfig {
  const { LogFormat = "Text", LogGroup = `/aws/lambda/${name}` } = input;
  if (LogFormat === "Text") return { LogFormat, LogGroup };
  const { ApplicationLogLevel = "INFO", SystemLogLevel = "INFO" } = input;
  return { LogFormat, ApplicationLogLevel, SystemLogLevel, LogGroup };
}

function attachedVpc({ SubnetIds = [], SecurityGroupIds = [], ...rest }: VpcConfig) {
  if (SubnetIds.length === 0 && SecurityGroupIds.length === 0) return undefined;
  const Ipv6AllowedForDualStack = rest.Ipv6AllowedForDualStack ?? false;
  return { SubnetIds, SecurityGroupIds, VpcId: "", Ipv6AllowedForDualStack };
}

function withoutUndefined<T extends object>(
  members: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // The entries are those of `members`, less the ones that were undefined.
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** What is said of a version in a list: everything but its states. `qualifier` is the one that its ARN ends in. */
export function listedConfiguration(
  world: World,
  version: FunctionVersion,
  qualifier?: string,
): FunctionConfiguration {
  const suffix = qualifier ?? (version.version === LATEST ? undefined : version.version);
  const { deadLetterTargetArn, environment, vpcConfig, kmsKeyArn, fileSystemConfigs } = version;
  return {
    FunctionName: version.name,
    FunctionArn: functionArn(world, version.name, suffix),
    Runtime: version.runtime as FunctionConfiguration["Runtime"],
    Role: version.role,
    Handler: version.handler,
    CodeSize: version.codeSizeBytes,
    Description: version.description,
    Timeout: version.timeoutSeconds,
    MemorySize: version.memorySizeMegabytes,
    LastModified: timestamp(version.lastModified),
    CodeSha256: version.codeSha256,
    Version: version.version,
    ...(vpcConfig === undefined ? {} : { VpcConfig: vpcConfig }),
    ...(deadLetterTargetArn === undefined
      ? {}
      : { DeadLetterConfig: { TargetArn: deadLetterTargetArn } }),
    ...(environment === undefined ? {} : { Environment: { Variables: { ...environment } } }),
    ...(kmsKeyArn === undefined ? {} : { KMSKeyArn: kmsKeyArn }),
    TracingConfig: { Mode: version.tracingMode },
    RevisionId: version.revisionId,
    ...(version.layers.length === 0
      ? {}
      : {
          Layers: version.layers.map(({ arn, codeSizeBytes }) => ({
            Arn: arn,
            CodeSize: codeSizeBytes,
          })),
        }),
    ...(fileSystemConfigs === undefined ? {} : { FileSystemConfigs: fileSystemConfigs }),
    PackageType: "Zip",
    Architectures: version.architectures,
    EphemeralStorage: { Size: version.ephemeralStorageMegabytes },
    SnapStart: {
      ApplyOn: version.snapStartApplyOn,
      OptimizationStatus:
        version.snapStartApplyOn === "PublishedVersions" && version.version !== LATEST
          ? "On"
          : "Off",
    },
    LoggingConfig: version.logging,
  };
}

/** A version that can be invoked and changed. */
export function activeConfiguration(
  world: World,
  version: FunctionVersion,
  qualifier?: string,
): FunctionConfiguration {
  return {
    ...listedConfiguration(world, version, qualifier),
    State: "Active",
    LastUpdateStatus: "Successful",
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(world.region, version.runtime) },
  };
}

const CREATING = "The function is being created.";

/**
 * What CreateFunction answers. The function is ready when the answer is sent, sooner than on AWS, so whoever asks
 * next finds it active; the answer says Pending nevertheless, which is what clients expect to wait on.
 */
export function pendingConfiguration(
  world: World,
  version: FunctionVersion,
): FunctionConfiguration {
  return {
    ...listedConfiguration(world, version),
    State: "Pending",
    StateReason: CREATING,
    StateReasonCode: "Creating",
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(world.region, version.runtime) },
  };
}

/** What an update answers, likewise. */
export function updatingConfiguration(
  world: World,
  version: FunctionVersion,
): FunctionConfiguration {
  return {
    ...activeConfiguration(world, version),
    LastUpdateStatus: "InProgress",
    LastUpdateStatusReason: CREATING,
    // AWS says so of an update, though its model has the code for a State only.
    LastUpdateStatusReasonCode: "Creating" as LastUpdateStatusReasonCode,
  };
}
