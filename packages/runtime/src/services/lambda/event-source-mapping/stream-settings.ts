import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { parseArn } from "../../../arn.ts";
import type { Constraints } from "../../../constraints.ts";
import { invalidParameter } from "../errors.ts";

/** What a user sets of a mapping on a stream, beside what all mappings have. */
export interface StreamSettings {
  /** Where reading begins; it can't be changed. */
  readonly startingPosition: "TRIM_HORIZON" | "LATEST";
  /** How many batches of a shard run side by side; records of one item stay in order. */
  readonly parallelizationFactor: number;
  /** -1: until the records are too old. */
  readonly maximumRetryAttempts: number;
  /** -1: as old as the stream keeps them. */
  readonly maximumRecordAgeInSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** Where what is given up is told: the ARN of a queue or topic. */
  readonly onFailureArn?: string | undefined;
  /** 0: no windows. */
  readonly tumblingWindowInSeconds: number;
}

/** -1 stands for no limit. */
export const UNLIMITED = -1;

// The limits of the API reference, CreateEventSourceMapping.
const PARALLELIZATION_FACTOR = { min: 1, max: 10 };
const RETRY_ATTEMPTS = { min: UNLIMITED, max: 10_000 };
const RECORD_AGE_SECONDS = { min: UNLIMITED, max: 604_800 };
/** Between no limit and a minute there is nothing (Lambda developer guide, "Lambda parameters for DynamoDB"). */
const RECORD_AGE_SECONDS_LEAST = 60;
const TUMBLING_WINDOW_SECONDS = { min: 0, max: 900 };
const DESTINATION_SERVICES = ["sqs", "sns", "s3"];

export const STREAM_DEFAULTS: StreamSettings = {
  startingPosition: "TRIM_HORIZON",
  parallelizationFactor: 1,
  maximumRetryAttempts: UNLIMITED,
  maximumRecordAgeInSeconds: UNLIMITED,
  bisectBatchOnFunctionError: false,
  tumblingWindowInSeconds: 0,
};

type StreamInput = Pick<
  Partial<CreateEventSourceMappingRequest>,
  | "StartingPosition"
  | "ParallelizationFactor"
  | "MaximumRetryAttempts"
  | "MaximumRecordAgeInSeconds"
  | "BisectBatchOnFunctionError"
  | "DestinationConfig"
  | "TumblingWindowInSeconds"
>;

export function checkStreamRanges(constraints: Constraints, input: StreamInput): void {
  constraints
    .range("parallelizationFactor", input.ParallelizationFactor, PARALLELIZATION_FACTOR)
    .range("maximumRetryAttempts", input.MaximumRetryAttempts, RETRY_ATTEMPTS)
    .range("maximumRecordAgeInSeconds", input.MaximumRecordAgeInSeconds, RECORD_AGE_SECONDS)
    .range("tumblingWindowInSeconds", input.TumblingWindowInSeconds, TUMBLING_WINDOW_SECONDS);
}

/** The settings after a request. Throws `InvalidParameterValueException` where a value makes no sense. */
export function changedStreamSettings(before: StreamSettings, input: StreamInput): StreamSettings {
  const age = input.MaximumRecordAgeInSeconds ?? before.maximumRecordAgeInSeconds;
  if (age !== UNLIMITED && age < RECORD_AGE_SECONDS_LEAST) {
    throw invalidParameter(
      "Maximum record age in seconds must be -1 or greater than or equal to 60",
    );
  }
  return {
    startingPosition: before.startingPosition,
    parallelizationFactor: input.ParallelizationFactor ?? before.parallelizationFactor,
    maximumRetryAttempts: input.MaximumRetryAttempts ?? before.maximumRetryAttempts,
    maximumRecordAgeInSeconds: age,
    bisectBatchOnFunctionError:
      input.BisectBatchOnFunctionError ?? before.bisectBatchOnFunctionError,
    onFailureArn: input.DestinationConfig
      ? checkedDestination(input.DestinationConfig.OnFailure?.Destination)
      : before.onFailureArn,
    tumblingWindowInSeconds: input.TumblingWindowInSeconds ?? before.tumblingWindowInSeconds,
  };
}

function checkedDestination(destination: string | undefined): string | undefined {
  if (destination === undefined || destination === "") return undefined;
  const service = parseArn(destination)?.service ?? "";
  if (DESTINATION_SERVICES.includes(service)) return destination;
  throw invalidParameter(
    `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${destination})) is invalid.`,
  );
}

/** Where a mapping begins to read. Throws as CreateEventSourceMapping does. */
export function startingPosition(
  { StartingPosition: wanted }: StreamInput,
  streamArn: string,
): StreamSettings["startingPosition"] {
  if (wanted === undefined) {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  }
  if (wanted !== "TRIM_HORIZON" && wanted !== "LATEST")
    throw invalidParameter(`Unsupported starting position for arn type: ${streamArn}`);
  return wanted;
}

/** What Get, List, Create, Update and Delete answer of it. */
export function shownStreamSettings(settings: StreamSettings) {
  const { onFailureArn } = settings;
  return {
    StartingPosition: settings.startingPosition,
    ParallelizationFactor: settings.parallelizationFactor,
    MaximumRetryAttempts: settings.maximumRetryAttempts,
    MaximumRecordAgeInSeconds: settings.maximumRecordAgeInSeconds,
    BisectBatchOnFunctionError: settings.bisectBatchOnFunctionError,
    DestinationConfig: {
      OnFailure: onFailureArn === undefined ? {} : { Destination: onFailureArn },
    },
    TumblingWindowInSeconds: settings.tumblingWindowInSeconds,
  };
}
