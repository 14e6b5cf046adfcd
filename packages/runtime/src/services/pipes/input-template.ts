import { parsed, valueAt, withParsedBody } from "./path.ts";
import { type Pipe, pipeArn } from "./pipe.ts";

const PLACEHOLDER = /<(\$[^<>]*|aws\.pipes\.[a-z.-]+)>/g;

/**
 * An event as an input template makes it: what the template's text says where that is JSON, or else the text; without
 * a template, the event as it is. A placeholder between quotes is written as text, one outside of them as JSON, except in
 * a template that is free text. Source: EventBridge user guide, "Amazon EventBridge Pipes input transformation".
 */
export function transform(
  pipe: Pipe,
  template: string | undefined,
  event: unknown,
  now: number,
): unknown {
  if (!template) return event;
  const alone = /^\s*<([^<>]+)>\s*$/.exec(template)?.[1];
  if (alone !== undefined && isPlaceholder(alone)) return placeholderValue(pipe, alone, event, now);
  const isJson = /^\s*["{[]/.test(template);
  let quoted = false;
  let from = 0;
  let text = "";
  for (const match of template.matchAll(PLACEHOLDER)) {
    const between = template.slice(from, match.index);
    if (isJson) quoted = quoted !== endsQuoted(between);
    const value = placeholderValue(pipe, match[1]!, event, now);
    text += between + (isJson ? (quoted ? escaped(value) : JSON.stringify(value)) : asText(value));
    from = match.index + match[0].length;
  }
  return parsed(text + template.slice(from));
}

function isPlaceholder(text: string): boolean {
  return `<${text}>`.replace(PLACEHOLDER, "") === "";
}

function placeholderValue(
  { settings, ...pipe }: Pipe,
  name: string,
  event: unknown,
  now: number,
): unknown {
  switch (name) {
    case "aws.pipes.pipe-arn":
      return pipeArn(pipe);
    case "aws.pipes.pipe-name":
      return pipe.name;
    case "aws.pipes.source-arn":
      return settings.source;
    case "aws.pipes.enrichment-arn":
      return settings.enrichment ?? "";
    case "aws.pipes.target-arn":
      return settings.target;
    case "aws.pipes.event.ingestion-time":
      return new Date(now).toISOString();
    case "aws.pipes.event":
      return event;
    case "aws.pipes.event.json":
      return withParsedBody(event);
    default: {
      const value = valueAt(event, name);
      // What the event does not have is an empty text.
      return value === undefined ? "" : value;
    }
  }
}

/** Whether the text, begun outside of quotes, ends inside of them. */
function endsQuoted(text: string): boolean {
  return (text.replace(/\\./g, "").match(/"/g)?.length ?? 0) % 2 === 1;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function escaped(value: unknown): string {
  return JSON.stringify(asText(value)).slice(1, -1);
}
