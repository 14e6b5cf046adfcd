import type {
  CreateEventSourceMappingRequest,
  UpdateEventSourceMappingRequest,
} from "@aws-sdk/client-lambda";
import { Constraints } from "../../../constraints.ts";
import { invalidParameter } from "../errors.ts";
import { compileFilters } from "./filter.ts";
import type { MappingSettings } from "./mapping.ts";
import type { EventSource } from "./source.ts";
import { changedStreamSettings, checkStreamRanges } from "./stream-settings.ts";

// The limits of the API reference, CreateEventSourceMapping.
const BATCH_SIZE_MIN = 1;
const BATCH_SIZE_MAX = 10_000;
const BATCHING_WINDOW_SECONDS_MAX = 300;
const MAXIMUM_CONCURRENCY_MIN = 2;
const MAXIMUM_CONCURRENCY_MAX = 1_000;
const PATTERN_CHARACTERS_MAX = 4_096;
/** Lambda developer guide, "Control which events Lambda sends to your function"; a quota that AWS raises to 10 on request. */
const FILTERS_MAX = 5;
const FUNCTION_RESPONSE_TYPES = ["ReportBatchItemFailures"];
const MINIMUM_POLLERS_MIN = 2;
const MINIMUM_POLLERS_MAX = 200;
const MINIMUM_POLLERS_DEFAULT = 2;
const MAXIMUM_POLLERS_MAX = 10_000;
const MAXIMUM_POLLERS_DEFAULT = 200;

type SettingsInput = Partial<CreateEventSourceMappingRequest> &
  Partial<UpdateEventSourceMappingRequest>;

export function defaultSettings(source: EventSource): MappingSettings {
  return {
    enabled: true,
    batchSize: source.batchSizeDefault,
    maximumBatchingWindowInSeconds: 0,
    functionResponseTypes: [],
    ...(source.streamDefaults && { stream: source.streamDefaults }),
  };
}

/**
 * The settings after a request: what it names replaces what was there. Throws `ValidationException` where a value
 * is outside of its range, `InvalidParameterValueException` where values do not go with the source or each other.
 */
export function changedSettings(
  before: MappingSettings,
  input: SettingsInput,
  source: EventSource,
): MappingSettings {
  checkRanges(input);
  refuseUnsupported(input, source);
  const settings: MappingSettings = {
    ...before,
    enabled: input.Enabled ?? before.enabled,
    batchSize: input.BatchSize ?? before.batchSize,
    maximumBatchingWindowInSeconds:
      input.MaximumBatchingWindowInSeconds ?? before.maximumBatchingWindowInSeconds,
    functionResponseTypes: input.FunctionResponseTypes ?? before.functionResponseTypes,
    ...(input.KMSKeyArn !== undefined && { kmsKeyArn: input.KMSKeyArn }),
    ...(input.MetricsConfig && { metrics: input.MetricsConfig }),
    ...changedFilters(input),
    ...changedScaling(before, input),
    ...(before.stream && { stream: changedStreamSettings(before.stream, input) }),
  };
  if (settings.provisionedPollers && settings.maximumConcurrency !== undefined) {
    throw invalidParameter(
      "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism and remove maximum concurrency.",
    );
  }
  return settings;
}

/** An empty `FilterCriteria` takes the filters away. */
function changedFilters({ FilterCriteria }: SettingsInput): Partial<MappingSettings> {
  if (FilterCriteria === undefined) return {};
  const filters = FilterCriteria.Filters ?? [];
  if (filters.length === 0) return { filterPatterns: undefined };
  if (filters.length > FILTERS_MAX)
    throw invalidParameter(`The maximum number of filters is ${FILTERS_MAX}.`);
  const filterPatterns = filters.map(({ Pattern }) => Pattern ?? "");
  compileFilters(filterPatterns);
  return { filterPatterns };
}

/** An empty `ScalingConfig` or `ProvisionedPollerConfig` takes the setting away. */
function changedScaling(
  before: MappingSettings,
  { ScalingConfig, ProvisionedPollerConfig }: SettingsInput,
): Partial<MappingSettings> {
  const changed: { -readonly [K in keyof MappingSettings]?: MappingSettings[K] } = {};
  if (ScalingConfig) changed.maximumConcurrency = ScalingConfig.MaximumConcurrency;
  if (ProvisionedPollerConfig) {
    const { MinimumPollers, MaximumPollers } = ProvisionedPollerConfig;
    const none = MinimumPollers === undefined && MaximumPollers === undefined;
    changed.provisionedPollers = none
      ? undefined
      : {
          minimum: MinimumPollers ?? before.provisionedPollers?.minimum ?? MINIMUM_POLLERS_DEFAULT,
          maximum: MaximumPollers ?? before.provisionedPollers?.maximum ?? MAXIMUM_POLLERS_DEFAULT,
        };
    checkPollers(changed.provisionedPollers);
  }
  return changed;
}

function checkPollers(pollers: MappingSettings["provisionedPollers"]): void {
  if (!pollers) return;
  const { minimum, maximum } = pollers;
  const minimumFits = minimum >= MINIMUM_POLLERS_MIN && minimum <= MINIMUM_POLLERS_MAX;
  if (minimumFits && maximum >= minimum && maximum <= MAXIMUM_POLLERS_MAX) return;
  throw invalidParameter(
    `MinimumPollers should be between [${MINIMUM_POLLERS_MIN}, ${MINIMUM_POLLERS_MAX}] and MaximumPollers should be between [MinimumPollers, ${MAXIMUM_POLLERS_MAX}]`,
  );
}

function refuseUnsupported(input: SettingsInput, source: EventSource): void {
  for (const member of source.unsupported) {
    if (input[member] === undefined) continue;
    throw invalidParameter(`Unsupported ${member} parameter for given event source mapping type.`);
  }
}

function checkRanges(input: SettingsInput): void {
  const constraints = new Constraints()
    .range("batchSize", input.BatchSize, { min: BATCH_SIZE_MIN, max: BATCH_SIZE_MAX })
    .range("maximumBatchingWindowInSeconds", input.MaximumBatchingWindowInSeconds, {
      min: 0,
      max: BATCHING_WINDOW_SECONDS_MAX,
    })
    .range("scalingConfig.maximumConcurrency", input.ScalingConfig?.MaximumConcurrency, {
      min: MAXIMUM_CONCURRENCY_MIN,
      max: MAXIMUM_CONCURRENCY_MAX,
    });
  checkStreamRanges(constraints, input);
  for (const [index, { Pattern }] of (input.FilterCriteria?.Filters ?? []).entries()) {
    const member = `filterCriteria.filters.${index + 1}.member.pattern`;
    constraints.length(member, Pattern, { max: PATTERN_CHARACTERS_MAX });
  }
  for (const [index, type] of (input.FunctionResponseTypes ?? []).entries())
    constraints.oneOf(`functionResponseTypes.${index + 1}.member`, type, FUNCTION_RESPONSE_TYPES);
  constraints.check("ValidationException");
}
