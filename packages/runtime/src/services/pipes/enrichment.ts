import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { Pipe } from "./pipe.ts";
import { parseEnrichment } from "./place.ts";
import { invokeFunction, inWorldOf, runMachine } from "./synchronous.ts";

/**
 * What a pipe's enrichment makes of its inputs, which it gets as one array: the events that go on to the target, maybe
 * none. Source: EventBridge user guide, "Event enrichment in Amazon EventBridge Pipes", "Filtering events using
 * enrichment": an empty response lets nothing through; `[{}]` an empty event.
 */
export async function enrich(
  cloud: Cloud,
  caller: Caller,
  { settings: { enrichment = "" } }: Pipe,
  inputs: readonly unknown[],
): Promise<unknown[]> {
  // Only what can enrich was taken in.
  const place = parseEnrichment(enrichment)!;
  const inWorld = inWorldOf(caller, place);
  const answer =
    place.service === "lambda"
      ? new TextDecoder().decode(await invokeFunction(cloud, inWorld, enrichment, inputs))
      : await runMachine(cloud, inWorld, enrichment, inputs);
  return eventsIn(answer);
}

function eventsIn(answer: string): unknown[] {
  if (answer.trim() === "") return [];
  const parsed = parse(answer);
  if (Array.isArray(parsed)) return parsed;
  const isEmpty =
    parsed === null ||
    parsed === "" ||
    (typeof parsed === "object" && Object.keys(parsed).length === 0);
  return isEmpty ? [] : [parsed];
}

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    throw new ServiceError("InvalidEnrichment", "The enrichment's response is not valid JSON.");
  }
}
