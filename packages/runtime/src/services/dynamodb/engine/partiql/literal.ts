import { type AttributeValue, type Item, orderedSet, setAttribute } from "../attribute-value.ts";
import { normalizeNumber } from "../number.ts";
import { invalidParameter, refusal } from "../refusal.ts";
import { MAX_NESTING_DEPTH } from "../validate.ts";
import type { Parameters } from "./parameters.ts";
import { malformed, type Tokens } from "./tokens.ts";

/**
 * A value as a statement writes it: `'text'`, `1.5`, `true`, `null`, `[…]`, `{'name': …}`, `<<…>>` (a set), or a
 * parameter, which can't stand inside of the others.
 *
 * `path` says where in a literal the value stands, as messages have it; undefined outside of any.
 * Throws ValidationException.
 */
export function parseValue(
  tokens: Tokens,
  parameters: Parameters,
  path?: string,
  depth = 0,
): AttributeValue {
  if (depth >= MAX_NESTING_DEPTH) {
    throw refusal(`Nesting Levels have exceeded supported limits under ${path ?? "root"}`);
  }
  const token = tokens.take();
  if (token.kind === "text") return { S: token.text };
  if (token.kind === "number") return { N: normalizeNumber(token.text) };
  if (token.kind === "word") return namedValue(token.text);
  if (token.kind !== "symbol") throw malformed("Unexpected term");
  switch (token.text) {
    case "?":
      if (path === undefined) return parameters.take();
      throw refusal(
        `Unsupported data type: Parameter under key ${path} at ${tokens.placeOf(token)}`,
      );
    case "-":
    case "+":
      return signed(tokens, token.text);
    case "[":
      return { L: parseElements(tokens, parameters, "]", path ?? "root", depth) };
    case "{":
      return { M: parseMembers(tokens, parameters, path ?? "root", depth) };
    case "<<":
      return setOfElements(tokens, parameters, path ?? "root", depth);
    default:
      throw malformed("Unexpected term");
  }
}

function namedValue(word: string): AttributeValue {
  switch (word.toLowerCase()) {
    case "true":
      return { BOOL: true };
    case "false":
      return { BOOL: false };
    case "null":
      return { NULL: true };
    default:
      throw malformed("Unexpected term");
  }
}

function signed(tokens: Tokens, sign: string): AttributeValue {
  const token = tokens.take();
  if (token.kind !== "number" && token.text !== "-" && token.text !== "+") {
    throw refusal(`Unsupported operator in Condition Expression. Operator: ${sign}`);
  }
  const number = token.kind === "number" ? token.text : signed(tokens, token.text).N!;
  if (sign === "+") return { N: normalizeNumber(number) };
  return { N: normalizeNumber(number.startsWith("-") ? number.slice(1) : `-${number}`) };
}

function parseElements(
  tokens: Tokens,
  parameters: Parameters,
  end: string,
  path: string,
  depth: number,
): AttributeValue[] {
  const elements: AttributeValue[] = [];
  if (tokens.takeSymbol(end)) return elements;
  do {
    const place = end === "]" ? `${path}[${elements.length}]` : path;
    elements.push(parseValue(tokens, parameters, place, depth + 1));
  } while (tokens.takeSymbol(","));
  tokens.expectSymbol(end);
  return elements;
}

/** `'name': value, …}`, the brace before it taken already. `path` is undefined for an item: parameters may stand in it. */
export function parseMembers(
  tokens: Tokens,
  parameters: Parameters,
  path: string | undefined,
  depth: number,
): Item {
  const members: Item = {};
  if (tokens.takeSymbol("}")) return members;
  do {
    const name = tokens.take();
    if (name.kind !== "text" && name.kind !== "quoted" && name.kind !== "word") {
      throw malformed("Unexpected term");
    }
    if (Object.hasOwn(members, name.text)) {
      throw refusal(`Duplicate keys in tuple. Key: ${name.text} under ${path ?? "root"}`);
    }
    tokens.expectSymbol(":");
    const place = path === undefined ? undefined : `${path}.${name.text}`;
    const below = path === undefined ? depth : depth + 1;
    setAttribute(members, name.text, parseValue(tokens, parameters, place, below));
  } while (tokens.takeSymbol(","));
  tokens.expectSymbol("}");
  return members;
}

function setOfElements(
  tokens: Tokens,
  parameters: Parameters,
  path: string,
  depth: number,
): AttributeValue {
  const elements = parseElements(tokens, parameters, ">>", path, depth);
  if (elements.length === 0) throw refusal("Empty bags are not supported");
  const texts = elements.flatMap(({ S }) => S ?? []);
  const numbers = elements.flatMap(({ N }) => N ?? []);
  if (texts.length !== elements.length && numbers.length !== elements.length) {
    throw refusal(
      "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
    );
  }
  const members = texts.length > 0 ? texts : numbers;
  if (new Set(members).size < members.length) {
    const what = texts.length > 0 ? "contains duplicates." : `contains duplicates! under ${path}`;
    throw invalidParameter(`Input collection [${members.join(", ")}] ${what}`);
  }
  return orderedSet(texts.length > 0 ? { SS: texts } : { NS: numbers });
}
