import { ServiceError } from "../../errors.ts";
import { type CompiledPattern, compilePattern, PatternError } from "../../patterns/pattern.ts";
import type { OperationOf } from "../../service.ts";
import { invalid } from "./errors.ts";
import { placeInPattern } from "./pattern-place.ts";

/** What a pattern is, parsed and compiled. */
export interface EventPattern {
  readonly compiled: CompiledPattern;
  readonly parsed: Readonly<Record<string, unknown>>;
}

/** Throws `InvalidEventPatternException` on what is no JSON or no pattern. */
export function parseEventPattern(text: string): EventPattern {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw invalidPattern(error instanceof Error ? error.message : String(error));
  }
  try {
    // What compiles is an object.
    return {
      compiled: compilePattern(parsed, "eventbridge"),
      parsed: parsed as EventPattern["parsed"],
    };
  } catch (error) {
    if (error instanceof PatternError)
      throw invalidPattern(`${error.reason}\n${placeInPattern(text, error.path)}`);
    throw error;
  }
}

function invalidPattern(reason: string): ServiceError {
  return new ServiceError(
    "InvalidEventPatternException",
    `Event pattern is not valid. Reason: ${reason}`,
  );
}

/** What an event has to have for TestEventPattern. Source: API reference, TestEventPattern, `Event`. */
const EVENT_MEMBERS = ["id", "account", "source", "time", "region", "resources", "detail-type"];

export const testEventPattern: OperationOf<"eventbridge", "TestEventPattern"> = (_call, input) => {
  const { compiled } = parseEventPattern(input.EventPattern ?? "");
  return { Result: compiled.matches(parseTestEvent(input.Event ?? "")) };
};

function parseTestEvent(text: string): unknown {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    event = undefined;
  }
  if (typeof event !== "object" || event === null || Array.isArray(event))
    throw invalid("Parameter Event is not valid. Reason: Event is not a JSON object.");
  for (const member of EVENT_MEMBERS)
    if (!(member in event))
      throw invalid(`Parameter Event is not valid. Reason: ${member} is a required argument.`);
  return event;
}
