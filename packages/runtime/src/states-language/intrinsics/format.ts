import type { Json } from "../definition.ts";
import { type CallContext, invalidArguments } from "./functions.ts";
import { withoutEscapes } from "./parse.ts";

/**
 * `States.Format`: the template with each `{}` replaced by the next argument. The template may be a path's string; a
 * brace that is to stay is written `\{`.
 */
export function formatted(values: readonly Json[], context: CallContext): Json {
  const [template, ...rest] = values;
  if (typeof template !== "string") throw invalidArguments(context);
  const [first] = context.call.arguments;
  const parts = splitAtPlaceholders(first?.kind === "string" ? first.template : template);
  if (parts.length - 1 !== rest.length)
    throw invalidArguments(context, ": number of arguments do not match the occurrences of {}.");
  return parts
    .map((part, at) => withoutEscapes(part) + (at < rest.length ? textOf(rest[at]!) : ""))
    .join("");
}

/** The text between the `{}`s, its escapes still in it. */
function splitAtPlaceholders(template: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (const [piece] of template.matchAll(/\\[\s\S]|\{\}|[\s\S]/g)) {
    if (piece === "{}") {
      parts.push(part);
      part = "";
    } else part += piece;
  }
  return [...parts, part];
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
