import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import { enrich } from "./enrichment.ts";
import { transform } from "./input-template.ts";
import { measure } from "./metrics.ts";
import { callerOf, type Pipe, pipeArn } from "./pipe.ts";
import { batchMaxOf } from "./place.ts";
import { send } from "./send.ts";

/** An event of a source, on its way through a pipe. */
export interface PipeEvent {
  /** By which a target names it in `batchItemFailures`. */
  readonly identifier: string;
  /** As the pipe shows it to its enrichment and its target. */
  readonly record: object;
  readonly traceHeader?: string | undefined;
}

/** What came of one batch. */
export type ExecutionResult =
  | { readonly kind: "succeeded" }
  /** All of the batch failed. */
  | { readonly kind: "failed"; readonly error: ServiceError }
  /** Some of its events failed: their places in the batch. */
  | { readonly kind: "partlyFailed"; readonly failed: ReadonlySet<number> }
  /** The cloud stops: nothing is known. */
  | { readonly kind: "interrupted" };

/** What a target made of its items. */
export type TargetResult =
  | { readonly kind: "succeeded" }
  /** The places of the items that it did not take. */
  | { readonly kind: "items"; readonly failed: ReadonlySet<number> }
  /** The identifiers of the events at which it says that it failed, or "all" where that cannot be understood. */
  | { readonly kind: "reported"; readonly failed: ReadonlySet<string> | "all" };

/** Gets a batch of events through a pipe's enrichment to its target, as part of the chain that they come out of. */
export async function execute(
  cloud: Cloud,
  pipe: Pipe,
  events: readonly PipeEvent[],
): Promise<ExecutionResult> {
  measure(cloud, pipe, "Invocations");
  measure(cloud, pipe, "EventCount", events.length);
  measure(cloud, pipe, "EventSize", sizeOf(events));
  const begun = cloud.clock.now();
  const result = await run(cloud, pipe, events);
  measure(cloud, pipe, "Duration", cloud.clock.now() - begun);
  measure(cloud, pipe, "ExecutionFailed", result.kind === "failed" ? 1 : 0);
  if (result.kind === "partlyFailed") measure(cloud, pipe, "ExecutionPartiallyFailed");
  return result;
}

async function run(
  cloud: Cloud,
  pipe: Pipe,
  events: readonly PipeEvent[],
): Promise<ExecutionResult> {
  const headers = events.map(({ traceHeader }) => traceHeader);
  const caller = callerOf(pipe, cloud.chains.headerOfBatch(headers, pipeArn(pipe)));
  try {
    const { enrichment, enrichmentParameters, target, targetParameters } = pipe.settings;
    let payloads: unknown[] = events.map(({ record }) => record);
    if (enrichment !== undefined) {
      const template = enrichmentParameters?.InputTemplate;
      const now = cloud.clock.now();
      const inputs = payloads.map((payload) => transform(pipe, template, payload, now));
      payloads = await stage(cloud, pipe, "Enrichment", () => enrich(cloud, caller, pipe, inputs));
    }
    if (payloads.length === 0) {
      measure(cloud, pipe, "TargetStageSkipped");
      return { kind: "succeeded" };
    }
    const max = batchMaxOf(target) ?? payloads.length;
    if (payloads.length > max)
      throw new ServiceError(
        "ValidationException",
        `The enrichment returned ${payloads.length} events, and the target takes ${max} at once.`,
      );
    const now = cloud.clock.now();
    const items = payloads.map((payload) => ({
      payload,
      input: transform(pipe, targetParameters?.InputTemplate, payload, now),
    }));
    const identifiers = new Set(events.map(({ identifier }) => identifier));
    const sent = await stage(cloud, pipe, "Target", () =>
      send(cloud, caller, pipe, items, identifiers),
    );
    return resultOf(cloud, pipe, events, items.length, sent);
  } catch (error) {
    if (cloud.stopping.aborted) return { kind: "interrupted" };
    if (!(error instanceof ServiceError)) throw error;
    return { kind: "failed", error };
  }
}

async function stage<T>(
  cloud: Cloud,
  pipe: Pipe,
  name: "Enrichment" | "Target",
  work: () => Promise<T>,
): Promise<T> {
  const begun = cloud.clock.now();
  try {
    return await work();
  } catch (error) {
    measure(cloud, pipe, `${name}StageFailed`);
    throw error;
  } finally {
    measure(cloud, pipe, `${name}StageDuration`, cloud.clock.now() - begun);
  }
}

/** What the target's answer says of the events: where the enrichment made more or fewer of them, one failure is all's. */
function resultOf(
  cloud: Cloud,
  pipe: Pipe,
  events: readonly PipeEvent[],
  items: number,
  sent: TargetResult,
): ExecutionResult {
  const failed = failedPlaces(events, items, sent);
  if (failed === "all" || (events.length > 0 && failed.size === events.length)) {
    measure(cloud, pipe, "TargetStageFailed");
    const error = new ServiceError("TargetFailed", "The target took none of the events.");
    return { kind: "failed", error };
  }
  if (failed.size === 0) return { kind: "succeeded" };
  measure(cloud, pipe, "TargetStagePartiallyFailed");
  return { kind: "partlyFailed", failed };
}

function failedPlaces(
  events: readonly PipeEvent[],
  items: number,
  sent: TargetResult,
): ReadonlySet<number> | "all" {
  if (sent.kind === "succeeded") return new Set();
  if (sent.kind === "items") {
    if (sent.failed.size > 0 && items !== events.length) return "all";
    return sent.failed;
  }
  const reported = sent.failed;
  if (reported === "all") return "all";
  const places = [...events.keys()];
  return new Set(places.filter((place) => reported.has(events[place]!.identifier)));
}

function sizeOf(events: readonly PipeEvent[]): number {
  return events.reduce((bytes, { record }) => bytes + JSON.stringify(record).length, 0);
}
