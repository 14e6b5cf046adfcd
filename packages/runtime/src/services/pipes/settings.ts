import type {
  CreatePipeRequest,
  PipeSourceParameters,
  UpdatePipeRequest,
} from "@aws-sdk/client-pipes";
import { Constraints } from "../../constraints.ts";
import { compilePattern, PatternError } from "../../patterns/pattern.ts";
import { invalid, invalidMember } from "./errors.ts";
import type { PipeSettings } from "./pipe.ts";
import { batchMaxOf, parseEnrichment, parseSource, parseTarget } from "./place.ts";

/** Source of these and the ranges below: API reference of EventBridge Pipes, CreatePipe and its types. */
const NAME_PATTERN = "[\\.\\-_A-Za-z0-9]+";
const ROLE_PATTERN = "arn:aws[a-z-]*:iam::\\d{12}:role\\/?[a-zA-Z0-9+=,.@\\-_/]+";
const STATES = ["RUNNING", "STOPPED"];
const BATCH_SIZE = { min: 1, max: 10_000 };
const WINDOW_SECONDS = { min: 0, max: 300 };
const FILTERS_MAX = 5;
/** A queue's batch may be larger than what SQS gives at once only where there is a window to gather it. */
const SQS_BATCH_SIZE_DEFAULT = 10;
const STREAM_DEFAULTS = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  ParallelizationFactor: 1,
};

type Input = Omit<CreatePipeRequest, "Tags">;

export function checkName(name: string | undefined): string {
  new Constraints()
    .required("name", name)
    .length("name", name, { min: 1, max: 64 })
    .pattern("name", name, NAME_PATTERN)
    .check("ValidationException");
  return name ?? "";
}

/** Throws `ValidationException` with all that is out of its range, then with what makes no sense together. */
export function settingsOf(input: Input): PipeSettings {
  checkShape(input);
  const { Source: source = "", Target: target = "", Enrichment: enrichment } = input;
  if (!parseSource(source))
    throw invalidMember(
      "Source",
      `${source} is not supported: Flyball reads pipes from SQS queues and DynamoDB streams.`,
    );
  checkEnrichment(enrichment);
  const sourceParameters = sourceParametersOf(source, input.SourceParameters ?? {});
  checkTarget(input, batchSizeOf(input.SourceParameters));
  return {
    ...(input.Description && { description: input.Description }),
    desiredState: input.DesiredState ?? "RUNNING",
    source,
    sourceParameters,
    ...(enrichment && { enrichment }),
    ...(input.EnrichmentParameters && { enrichmentParameters: input.EnrichmentParameters }),
    target,
    ...(input.TargetParameters && { targetParameters: input.TargetParameters }),
    roleArn: input.RoleArn ?? "",
    ...(input.LogConfiguration && { logConfiguration: input.LogConfiguration }),
    ...(input.KmsKeyIdentifier && { kmsKeyIdentifier: input.KmsKeyIdentifier }),
  };
}

/** The settings after an update, which leaves alone what it does not name. The source cannot be changed. */
export function updatedSettings(before: PipeSettings, input: UpdatePipeRequest): PipeSettings {
  const { SourceParameters: changed = {} } = input;
  const { sourceParameters: had } = before;
  const SourceParameters: PipeSourceParameters = { ...had };
  if (changed.FilterCriteria) SourceParameters.FilterCriteria = changed.FilterCriteria;
  if (changed.SqsQueueParameters)
    SourceParameters.SqsQueueParameters = {
      ...had.SqsQueueParameters,
      ...changed.SqsQueueParameters,
    };
  if (changed.DynamoDBStreamParameters && had.DynamoDBStreamParameters)
    SourceParameters.DynamoDBStreamParameters = {
      ...had.DynamoDBStreamParameters,
      ...changed.DynamoDBStreamParameters,
    };
  return settingsOf({
    Name: input.Name,
    Source: before.source,
    SourceParameters,
    Target: input.Target ?? before.target,
    TargetParameters: input.TargetParameters ?? before.targetParameters,
    Enrichment: input.Enrichment ?? before.enrichment,
    EnrichmentParameters: input.EnrichmentParameters ?? before.enrichmentParameters,
    RoleArn: input.RoleArn,
    DesiredState: input.DesiredState ?? before.desiredState,
    Description: input.Description ?? before.description,
    // What is shown of it has the members that are asked for it.
    LogConfiguration:
      input.LogConfiguration ?? (before.logConfiguration as CreatePipeRequest["LogConfiguration"]),
    KmsKeyIdentifier: input.KmsKeyIdentifier ?? before.kmsKeyIdentifier,
  });
}

function checkShape(input: Input): void {
  const { SqsQueueParameters: sqs, DynamoDBStreamParameters: stream } =
    input.SourceParameters ?? {};
  const sqsAt = "sourceParameters.sqsQueueParameters";
  const streamAt = "sourceParameters.dynamoDBStreamParameters";
  new Constraints()
    .required("source", input.Source)
    .required("target", input.Target)
    .required("roleArn", input.RoleArn)
    .pattern("roleArn", input.RoleArn, ROLE_PATTERN)
    .length("description", input.Description, { max: 512 })
    .oneOf("desiredState", input.DesiredState, STATES)
    .range(`${sqsAt}.batchSize`, sqs?.BatchSize, BATCH_SIZE)
    .range(
      `${sqsAt}.maximumBatchingWindowInSeconds`,
      sqs?.MaximumBatchingWindowInSeconds,
      WINDOW_SECONDS,
    )
    .range(`${streamAt}.batchSize`, stream?.BatchSize, BATCH_SIZE)
    .range(
      `${streamAt}.maximumBatchingWindowInSeconds`,
      stream?.MaximumBatchingWindowInSeconds,
      WINDOW_SECONDS,
    )
    .range(`${streamAt}.maximumRecordAgeInSeconds`, stream?.MaximumRecordAgeInSeconds, {
      min: -1,
      max: 604_800,
    })
    .range(`${streamAt}.maximumRetryAttempts`, stream?.MaximumRetryAttempts, {
      min: -1,
      max: 10_000,
    })
    .range(`${streamAt}.parallelizationFactor`, stream?.ParallelizationFactor, { min: 1, max: 10 })
    .oneOf(`${streamAt}.startingPosition`, stream?.StartingPosition, ["TRIM_HORIZON", "LATEST"])
    .oneOf(`${streamAt}.onPartialBatchItemFailure`, stream?.OnPartialBatchItemFailure, [
      "AUTOMATIC_BISECT",
    ])
    .length(
      "sourceParameters.filterCriteria.filters",
      input.SourceParameters?.FilterCriteria?.Filters,
      {
        max: FILTERS_MAX,
      },
    )
    .check("ValidationException");
}

function sourceParametersOf(source: string, given: PipeSourceParameters): PipeSourceParameters {
  const { FilterCriteria, SqsQueueParameters, DynamoDBStreamParameters } = given;
  checkFilters(FilterCriteria?.Filters ?? []);
  const filters = FilterCriteria?.Filters?.length ? { FilterCriteria } : {};
  if (parseSource(source)?.service === "sqs") {
    if (DynamoDBStreamParameters)
      throw invalidMember("SourceParameters.DynamoDBStreamParameters", "The source is a queue.");
    const { BatchSize = SQS_BATCH_SIZE_DEFAULT, MaximumBatchingWindowInSeconds = 0 } =
      SqsQueueParameters ?? {};
    if (BatchSize > SQS_BATCH_SIZE_DEFAULT && MaximumBatchingWindowInSeconds === 0)
      throw invalid(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
      );
    return { ...filters, SqsQueueParameters: { BatchSize, MaximumBatchingWindowInSeconds } };
  }
  if (!DynamoDBStreamParameters?.StartingPosition)
    throw invalidMember("SourceParameters.DynamoDBStreamParameters", "Missing required parameter.");
  const set = Object.entries(DynamoDBStreamParameters).filter(([, value]) => value !== undefined);
  const { StartingPosition } = DynamoDBStreamParameters;
  return {
    ...filters,
    DynamoDBStreamParameters: { ...STREAM_DEFAULTS, ...Object.fromEntries(set), StartingPosition },
  };
}

function checkFilters(filters: readonly { readonly Pattern?: string | undefined }[]): void {
  for (const { Pattern = "" } of filters)
    try {
      compilePattern(JSON.parse(Pattern), "eventbridge");
    } catch (error) {
      if (!(error instanceof PatternError) && !(error instanceof SyntaxError)) throw error;
      throw invalid(`Invalid filter pattern ${Pattern}: ${error.message}`);
    }
}

function checkEnrichment(enrichment: string | undefined): void {
  if (!enrichment || parseEnrichment(enrichment)) return;
  throw invalidMember(
    "Enrichment",
    `${enrichment} is not supported: Flyball's pipes are enriched by Lambda functions and Express state machines.`,
  );
}

function checkTarget({ Target: target = "", TargetParameters }: Input, batchSize = 0): void {
  const place = parseTarget(target);
  if (!place)
    throw invalidMember(
      "Target",
      `${target} is not supported: Flyball's pipes go to Lambda, SQS, SNS, Step Functions, event buses and log groups.`,
    );
  const { service, resource } = place;
  const fifo = resource.endsWith(".fifo");
  if (service === "sns" && fifo) throw invalidMember("Target", "FIFO topics are not supported.");
  if (service === "sqs" && fifo && !TargetParameters?.SqsQueueParameters?.MessageGroupId)
    throw invalidMember(
      "TargetParameters.SqsQueueParameters.MessageGroupId",
      "Missing required parameter.",
    );
  const max = batchMaxOf(target);
  if (max !== undefined && batchSize > max)
    throw invalid(`BatchSize ${batchSize} is larger than what the target takes at once, ${max}.`);
}

/** As it was given: what is too large by default is cut on the way. */
function batchSizeOf(given: PipeSourceParameters | undefined): number | undefined {
  return given?.SqsQueueParameters?.BatchSize;
}
