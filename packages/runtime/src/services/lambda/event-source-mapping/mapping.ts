import type { EventSourceMappingConfiguration, FunctionResponseType } from "@aws-sdk/client-lambda";
import { arn } from "../../../arn.ts";
import type { Caller } from "../../../call.ts";
import type { Key, ReadTransaction } from "../../../store/store.ts";
import type { Tags } from "../../../tags.ts";
import type { World } from "../../../world.ts";
import { resourceNotFound } from "../errors.ts";
import { type StreamSettings, shownStreamSettings } from "./stream-settings.ts";

export type MappingState =
  | "Creating"
  | "Enabling"
  | "Enabled"
  | "Disabling"
  | "Disabled"
  | "Updating"
  | "Deleting";

/** What a user sets of a mapping. */
export interface MappingSettings {
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly maximumBatchingWindowInSeconds: number;
  /** The patterns as they were given: JSON text. A record that matches any of them is passed on. */
  readonly filterPatterns?: readonly string[];
  readonly functionResponseTypes: readonly FunctionResponseType[];
  readonly maximumConcurrency?: number;
  readonly provisionedPollers?: { readonly minimum: number; readonly maximum: number };
  readonly metrics?: NonNullable<EventSourceMappingConfiguration["MetricsConfig"]>;
  readonly kmsKeyArn?: string;
  /** Set where the source is a stream. */
  readonly stream?: StreamSettings;
}

/** An event source mapping, as the store keeps it. */
export interface Mapping {
  readonly uuid: string;
  readonly account: string;
  readonly region: string;
  readonly eventSourceArn: string;
  /** With the alias or version at its end, where the mapping was made for one. */
  readonly functionArn: string;
  readonly settings: MappingSettings;
  readonly state: MappingState;
  /** `USER_INITIATED`, or what keeps the mapping from working. */
  readonly stateTransitionReason: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  readonly lastProcessingResult?: string;
  readonly tags: Tags;
}

export const USER_INITIATED = "USER_INITIATED";

const MAPPINGS = "event-source-mapping";

export function mappingsKey({ account, region }: World): Key {
  return ["lambda", account, region, MAPPINGS];
}

export function mappingKey(mapping: World & { readonly uuid: string }): Key {
  return [...mappingsKey(mapping), mapping.uuid];
}

/** The mapping of this UUID. Throws `ResourceNotFoundException`. */
export function existingMapping(tx: ReadTransaction, world: World, uuid: string): Mapping {
  const mapping = tx.get<Mapping>(mappingKey({ ...world, uuid }));
  if (!mapping) throw resourceNotFound("The resource you requested does not exist.");
  return mapping;
}

/** The mappings of an account in a Region, in the order of their UUIDs. */
export function* mappingsOf(tx: ReadTransaction, world: World, after?: string): Generator<Mapping> {
  const prefix = mappingsKey(world);
  // A UUID holds no character above "~", so this is the first key behind the one of `after`.
  const from = after === undefined ? [] : [`${after}~`];
  for (const { value } of tx.range<Mapping>({ prefix, from })) yield value;
}

/** Every mapping of the cloud, for its start. Skips from one account's Region to the next. */
export function* mappingsEverywhere(tx: ReadTransaction): Generator<Mapping> {
  const nextKey = (from: Key) => {
    for (const { key } of tx.range({ prefix: ["lambda"], from, limit: 1 })) return key;
    return undefined;
  };
  for (let key = nextKey([]); key !== undefined; ) {
    const world = { account: String(key[1]), region: String(key[2]) };
    yield* mappingsOf(tx, world);
    key = nextKey([world.account, `${world.region}~`]);
  }
}

/** The function's ARN without an alias or version: `arn:aws:lambda:<region>:<account>:function:<name>`. */
export function unqualified(functionArn: string): string {
  return functionArn.split(":").slice(0, 7).join(":");
}

export function eventSourceMappingArn({ region, account, uuid }: Mapping): string {
  return arn("lambda", region, account, `event-source-mapping:${uuid}`);
}

/** Who acts when a mapping acts: Lambda, out of the event source. */
export function callerOf(mapping: Mapping, traceHeader?: string): Caller {
  return {
    account: mapping.account,
    region: mapping.region,
    principal: "lambda.amazonaws.com",
    source: mapping.eventSourceArn,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

/** What Get, List, Create, Update and Delete answer of a mapping. */
export function toConfiguration(mapping: Mapping): EventSourceMappingConfiguration {
  const { settings, lastProcessingResult } = mapping;
  const { filterPatterns, maximumConcurrency, provisionedPollers, metrics, kmsKeyArn, stream } =
    settings;
  return {
    UUID: mapping.uuid,
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.maximumBatchingWindowInSeconds,
    EventSourceArn: mapping.eventSourceArn,
    ...(filterPatterns && {
      FilterCriteria: { Filters: filterPatterns.map((Pattern) => ({ Pattern })) },
    }),
    ...(stream && shownStreamSettings(stream)),
    ...(kmsKeyArn !== undefined && { KMSKeyArn: kmsKeyArn }),
    ...(metrics && { MetricsConfig: metrics }),
    ...(maximumConcurrency !== undefined && {
      ScalingConfig: { MaximumConcurrency: maximumConcurrency },
    }),
    ...(provisionedPollers && {
      ProvisionedPollerConfig: {
        MinimumPollers: provisionedPollers.minimum,
        MaximumPollers: provisionedPollers.maximum,
      },
    }),
    FunctionArn: mapping.functionArn,
    LastModified: new Date(mapping.lastModified),
    ...(lastProcessingResult !== undefined && { LastProcessingResult: lastProcessingResult }),
    State: mapping.state,
    StateTransitionReason: mapping.stateTransitionReason,
    FunctionResponseTypes: [...settings.functionResponseTypes],
    EventSourceMappingArn: eventSourceMappingArn(mapping),
  };
}
