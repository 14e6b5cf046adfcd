import { ServiceError } from "../../errors.ts";
import { invalidValue } from "./errors.ts";

/** A queue's attributes, understood: times in milliseconds. */
export interface QueueSettings {
  readonly delayMs: number;
  readonly visibilityTimeoutMs: number;
  readonly retentionMs: number;
  readonly receiveWaitMs: number;
  readonly maximumMessageBytes: number;
  readonly contentBasedDeduplication: boolean;
  /** `queue` or `messageGroup`. */
  readonly deduplicationScope: string;
  readonly redrivePolicy: RedrivePolicy | undefined;
  readonly redriveAllowPolicy: RedriveAllowPolicy;
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  readonly redrivePermission: "allowAll" | "denyAll" | "byQueue";
  readonly sourceQueueArns: readonly string[];
}

/** Smallest and largest value, and the default; bytes or seconds. From the API reference of CreateQueue. */
const INTEGER_ATTRIBUTES: Readonly<Record<string, readonly [number, number, number]>> = {
  DelaySeconds: [0, 900, 0],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
  VisibilityTimeout: [0, 43_200, 30],
  KmsDataKeyReusePeriodSeconds: [60, 86_400, 300],
};

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  ContentBasedDeduplication: ["true", "false"],
  SqsManagedSseEnabled: ["true", "false"],
  DeduplicationScope: ["messageGroup", "queue"],
  FifoThroughputLimit: ["perQueue", "perMessageGroupId"],
};

const SOURCE_QUEUES_MAX = 10;
const RECEIVE_COUNT_MAX = 1000;
const RECEIVE_COUNT_DEFAULT = 10;

/** What every queue shows though nobody set it. */
export const DEFAULT_ATTRIBUTES: Readonly<Record<string, string>> = {
  VisibilityTimeout: "30",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  DelaySeconds: "0",
  ReceiveMessageWaitTimeSeconds: "0",
  SqsManagedSseEnabled: "true",
};

export const DEFAULT_FIFO_ATTRIBUTES: Readonly<Record<string, string>> = {
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
};

const SETTABLE = new Set([
  ...Object.keys(INTEGER_ATTRIBUTES),
  ...Object.keys(CHOICES),
  "KmsMasterKeyId",
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
]);

/** Understands attributes that were checked when they were set. */
export function settingsOf(attributes: Readonly<Record<string, string>>): QueueSettings {
  const number = (name: string) => Number(attributes[name] ?? INTEGER_ATTRIBUTES[name]?.[2]);
  return {
    delayMs: number("DelaySeconds") * 1000,
    visibilityTimeoutMs: number("VisibilityTimeout") * 1000,
    retentionMs: number("MessageRetentionPeriod") * 1000,
    receiveWaitMs: number("ReceiveMessageWaitTimeSeconds") * 1000,
    maximumMessageBytes: number("MaximumMessageSize"),
    contentBasedDeduplication: attributes.ContentBasedDeduplication === "true",
    deduplicationScope: attributes.DeduplicationScope ?? "queue",
    redrivePolicy: attributes.RedrivePolicy
      ? parseRedrivePolicy(attributes.RedrivePolicy)
      : undefined,
    redriveAllowPolicy: parseRedriveAllowPolicy(attributes.RedriveAllowPolicy),
  };
}

/**
 * The queue's attributes after some were set: an empty policy or key takes it away. Checks names and values, but
 * not whether a dead-letter queue exists. Throws `InvalidAttributeName`, `InvalidAttributeValue`,
 * `InvalidParameterValue`.
 */
export function withAttributes(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
  fifo: boolean,
): Record<string, string> {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const canonical = checkedAttribute(name, value, fifo);
    if (canonical === "") delete after[name];
    else after[name] = canonical;
  }
  if (changes.KmsMasterKeyId) {
    if (changes.SqsManagedSseEnabled === "true")
      throw new ServiceError(
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
      );
    after.SqsManagedSseEnabled = "false";
  } else if (changes.SqsManagedSseEnabled === "true") delete after.KmsMasterKeyId;
  if (
    after.FifoThroughputLimit === "perMessageGroupId" &&
    after.DeduplicationScope !== "messageGroup"
  )
    throw new ServiceError(
      "InvalidAttributeValue",
      "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.",
    );
  return after;
}

function checkedAttribute(name: string, value: string, fifo: boolean): string {
  if (name === "FifoQueue" && fifo) return checkedFifo(value);
  if (!SETTABLE.has(name)) throw unknownAttribute(name);
  if (!fifo) refuseOnStandard(name);
  const limits = INTEGER_ATTRIBUTES[name];
  if (limits) {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < limits[0] || number > limits[1])
      throw invalidAttributeValue(name);
    return String(number);
  }
  const choices = CHOICES[name];
  if (choices && !choices.includes(value)) throw invalidAttributeValue(name);
  if (value === "") return "";
  if (name === "Policy") checkPolicy(value);
  if (name === "RedrivePolicy") return checkedRedrivePolicy(value);
  if (name === "RedriveAllowPolicy") checkRedriveAllowPolicy(value);
  return value;
}

function checkedFifo(value: string): string {
  if (value !== "true")
    throw new ServiceError(
      "InvalidAttributeValue",
      "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    );
  return value;
}

function refuseOnStandard(name: string): void {
  if (name === "ContentBasedDeduplication") throw unknownAttribute(name);
  if (name === "DeduplicationScope" || name === "FifoThroughputLimit")
    throw new ServiceError(
      "InvalidAttributeName",
      `You can specify the ${name} only when FifoQueue is set to true.`,
    );
}

export function unknownAttribute(name: string): ServiceError {
  return new ServiceError("InvalidAttributeName", `Unknown Attribute ${name}.`);
}

function invalidAttributeValue(name: string): ServiceError {
  return new ServiceError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
}

function checkPolicy(value: string): void {
  const policy = parseObject(value);
  if (!policy || !("Statement" in policy)) throw invalidAttributeValue("Policy");
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function checkedRedrivePolicy(value: string): string {
  const policy = parseObject(value);
  const invalid = (reason: string) => invalidValue("RedrivePolicy", value, reason);
  if (!policy) throw invalid("Redrive policy is not a valid JSON map.");
  const { deadLetterTargetArn, maxReceiveCount = RECEIVE_COUNT_DEFAULT, ...rest } = policy;
  if (Object.keys(rest).length > 0)
    throw invalid(
      "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].",
    );
  if (typeof deadLetterTargetArn !== "string" || deadLetterTargetArn === "")
    throw invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  const count = Number(maxReceiveCount);
  if (maxReceiveCount === "" || !Number.isInteger(count) || count < 1 || count > RECEIVE_COUNT_MAX)
    throw invalid(
      `Invalid value for maxReceiveCount: ${maxReceiveCount}, valid values are from 1 to 1000 both inclusive.`,
    );
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: count });
}

function checkRedriveAllowPolicy(value: string): void {
  const policy = parseObject(value);
  const invalid = (reason: string) => invalidValue("RedriveAllowPolicy", value, reason);
  if (!policy)
    throw invalid(
      "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format.",
    );
  const { redrivePermission = "allowAll", sourceQueueArns } = policy;
  if (!["allowAll", "denyAll", "byQueue"].includes(String(redrivePermission)))
    throw invalid(
      `redrivePermission: ${redrivePermission}, valid values are allowAll, denyAll and byQueue.`,
    );
  if (redrivePermission !== "byQueue") {
    if (sourceQueueArns !== undefined)
      throw invalid("sourceQueueArns can be set only when redrivePermission is byQueue.");
    return;
  }
  const given = Array.isArray(sourceQueueArns) ? sourceQueueArns : [];
  if (given.length < 1 || given.length > SOURCE_QUEUES_MAX)
    throw invalid(
      "Amazon SQS can't create the redrive allow policy. Specify between 1 and 10 sourceQueueArns.",
    );
}

function parseRedrivePolicy(json: string): RedrivePolicy {
  return JSON.parse(json) as RedrivePolicy;
}

function parseRedriveAllowPolicy(json: string | undefined): RedriveAllowPolicy {
  const given = (json ? JSON.parse(json) : {}) as Partial<RedriveAllowPolicy>;
  return {
    redrivePermission: given.redrivePermission ?? "allowAll",
    sourceQueueArns: given.sourceQueueArns ?? [],
  };
}

/** The attributes that GetQueueAttributes shows of what was set, with the defaults of what was not. */
export function shownAttributes(
  attributes: Readonly<Record<string, string>>,
  fifo: boolean,
): Record<string, string> {
  return {
    ...DEFAULT_ATTRIBUTES,
    ...(fifo && { FifoQueue: "true", ...DEFAULT_FIFO_ATTRIBUTES }),
    ...(attributes.KmsMasterKeyId && { KmsDataKeyReusePeriodSeconds: "300" }),
    ...attributes,
  };
}
