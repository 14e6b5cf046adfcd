import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import type { Call } from "../../../call.ts";
import type { Cloud } from "../../../cloud.ts";
import type { Mapping, MappingSettings } from "./mapping.ts";
import type { StreamSettings } from "./stream-settings.ts";

/** What a mapping asks of a source when it is created or updated. */
export interface SourceCheck {
  readonly eventSourceArn: string;
  readonly settings: MappingSettings;
  readonly functionTimeoutSeconds: number;
}

/** One run of a mapping's poller, from its start or last change to its stop or next change. */
export interface Polling {
  readonly cloud: Cloud;
  readonly mapping: Mapping;
  /** Aborts when the mapping is disabled, changed or deleted, or the cloud stops: nothing more is to be read. */
  readonly signal: AbortSignal;
  /** Tells the mapping how its last attempt went. */
  report(result: ProcessingResult): void;
}

export type ProcessingResult =
  | { readonly kind: "ok" }
  /** A batch, or a part of it, was not processed. */
  | { readonly kind: "failed"; readonly result: string }
  /** The mapping itself does not work: its source or its function is gone. */
  | { readonly kind: "broken"; readonly result: string };

/** A kind of event source: what its mappings may be set to, and how it is read. */
export interface EventSource {
  /** The service in the source's ARN. */
  readonly service: string;
  readonly batchSizeDefault: number;
  /** What a new mapping is set to where the source is a stream. */
  readonly streamDefaults?: StreamSettings;
  /** The members of a request that this kind of source has no use for, and refuses. */
  readonly unsupported: readonly (keyof CreateEventSourceMappingRequest)[];
  /** Rejects with the error that a user gets when source and settings do not go together. */
  check(call: Call, check: SourceCheck): Promise<void>;
  /** Reads the source and has the function invoked, until the signal aborts and what was read is dealt with. */
  poll(polling: Polling): Promise<void>;
}
