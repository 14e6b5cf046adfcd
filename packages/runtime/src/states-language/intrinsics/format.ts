import type { Json } from "../definition.ts";
import { type CallContext, invalidArguments } from "./functions.ts";
import { javaText } from "./java-text.ts";
import { withoutEscapes } from "./parse.ts";

/**
 * `States.Format`: the template with each `{}` replaced by the next argument. The template may be a path's string; a
 * brace that is to stay is written `\{`, and one that stands alone is an error.
 */
export function formatted(values: readonly Json[], context: CallContext): Json {
  const [template, ...rest] = values;
  if (typeof template !== "string") throw invalidArguments(context);
  const [first] = context.call.arguments;
  const pieces = (first?.kind === "string" ? first.template : template).match(PIECES) ?? [];
  const places = pieces.filter((piece) => piece === "{}").length;
  if (pieces.some((piece) => piece === "{" || piece === "}") || places !== rest.length)
    throw invalidArguments(context);
  const next = rest.values();
  return pieces
    .map((piece) => (piece === "{}" ? javaText(next.next().value ?? null) : withoutEscapes(piece)))
    .join("");
}

/** Places, braces that stand alone, and the text between them with its escapes. */
const PIECES = /\{\}|[{}]|(?:[^{}\\]|\\[\s\S]|\\$)+/g;
