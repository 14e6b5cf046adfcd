import type { Target } from "@aws-sdk/client-eventbridge";
import { type Event, eventTime, type WrittenEvent } from "./event.ts";
import { parseToWrite } from "./exact-numbers.ts";
import { fillIn, isJsonText } from "./input-transformer.ts";
import { parsePath, valueAt } from "./json-path.ts";

/** What a target's input is made of. */
export interface InputSource {
  readonly written: WrittenEvent;
  readonly ruleArn: string;
  readonly ruleName: string;
  /** Milliseconds since 1970. */
  readonly ingestedAt: number;
}

/** A transformer whose result is no JSON: on AWS such an event is not delivered. */
export class InvalidInput extends Error {
  override readonly name = "InvalidInput";
}

/**
 * The JSON text that a target is sent: the event, or what `Input`, `InputPath` or `InputTransformer` make of it.
 * Throws {@link InvalidInput}. Source: API reference, PutTargets.
 */
export function inputFor(target: Target, source: InputSource): string {
  const { Input, InputPath, InputTransformer } = target;
  const { text } = source.written;
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) {
    if (InputPath === "$") return text;
    return JSON.stringify(valueAt(parseToWrite(text), parsePath(InputPath) ?? []) ?? null);
  }
  if (!InputTransformer) return text;
  const { InputPathsMap = {}, InputTemplate = "" } = InputTransformer;
  // What writeEvent wrote is an event.
  const event = parseToWrite(text) as Event;
  const filled = fillIn(InputTemplate, (name) => {
    const path = Object.hasOwn(InputPathsMap, name) ? InputPathsMap[name] : undefined;
    if (path === undefined) return predefined(name, event, source);
    return valueAt(event, parsePath(path) ?? []);
  });
  if (!isJsonText(filled))
    throw new InvalidInput("The transformed input is not a valid JSON text.");
  return filled;
}

/** Source: EventBridge user guide, "Predefined variables". */
export const PREDEFINED = new Set([
  "aws.events.rule-arn",
  "aws.events.rule-name",
  "aws.events.event.ingestion-time",
  "aws.events.event",
  "aws.events.event.json",
]);

function predefined(name: string, event: Event, source: InputSource): unknown {
  switch (name) {
    case "aws.events.rule-arn":
      return source.ruleArn;
    case "aws.events.rule-name":
      return source.ruleName;
    case "aws.events.event.ingestion-time":
      return eventTime(source.ingestedAt);
    case "aws.events.event.json":
      return event;
    case "aws.events.event": {
      // As AWS was seen to write it: without the detail, and with the detail's type in camel case.
      const { detail: _detail, "detail-type": detailType, ...rest } = event;
      return { ...rest, detailType };
    }
    default:
      return undefined;
  }
}
