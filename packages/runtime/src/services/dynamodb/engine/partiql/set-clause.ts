import { type AttributeType, typeOf } from "../attribute-value.ts";
import type { DocumentPath } from "../expression/path.ts";
import type { SetValue, UpdateAction } from "../expression/update.ts";
import { refusal } from "../refusal.ts";
import { parseValue } from "./literal.ts";
import type { Parameters } from "./parameters.ts";
import { nextIsName, parsePath } from "./path.ts";
import type { Tokens } from "./tokens.ts";
import { incorrectType } from "./where.ts";

const SETS: readonly AttributeType[] = ["SS", "NS", "BS"];

/** `path = value` behind SET; `set_add` and `set_delete` become ADD and DELETE. Throws ValidationException. */
export function parseAssignment(tokens: Tokens, parameters: Parameters): UpdateAction {
  const path = parsePath(tokens);
  tokens.expectSymbol("=");
  const call = tokens.next;
  const name = tokens.takeCall();
  if (name === "set_add" || name === "set_delete") {
    return parseSetChange(tokens, parameters, path, name, call);
  }
  const left =
    name === undefined ? parseOperand(tokens, parameters) : parseCall(tokens, parameters, name);
  const operator = tokens.takeSymbol("+") ? "+" : tokens.takeSymbol("-") ? "-" : undefined;
  if (operator === undefined) return { kind: "set", path, value: left };
  const right = parseOperand(tokens, parameters);
  requireType(operator, [left, right], "N");
  const kind = operator === "+" ? "plus" : "minus";
  return { kind: "set", path, value: { kind, left, right } };
}

function parseOperand(tokens: Tokens, parameters: Parameters): SetValue {
  const name = tokens.takeCall();
  if (name !== undefined) return tokens.nested(() => parseCall(tokens, parameters, name));
  if (nextIsName(tokens)) return { kind: "path", path: parsePath(tokens) };
  return { kind: "value", value: parseValue(tokens, parameters) };
}

function parseCall(tokens: Tokens, parameters: Parameters, name: string): SetValue {
  if (name !== "list_append" && name !== "if_not_exists") {
    throw refusal(`Unrecognized function: ${name}`);
  }
  const left = parseOperand(tokens, parameters);
  tokens.expectSymbol(",");
  const right = parseOperand(tokens, parameters);
  tokens.expectSymbol(")");
  if (name === "list_append") {
    requireType(name, [left, right], "L");
    return { kind: "listAppend", left, right };
  }
  if (left.kind !== "path") {
    throw refusal(`Operator or function requires a document path; operator or function: ${name}`);
  }
  return { kind: "ifNotExists", path: left.path, otherwise: right };
}

function parseSetChange(
  tokens: Tokens,
  parameters: Parameters,
  path: DocumentPath,
  name: "set_add" | "set_delete",
  place: { readonly start: number; readonly length: number },
): UpdateAction {
  const first = tokens.next;
  const named = parsePath(tokens);
  if (named.length !== path.length || named.some((step, i) => step !== path[i])) {
    throw refusal(
      `The first argument to ${name.toUpperCase()} must equal the assignment value at ${tokens.placeOf(place)}`,
    );
  }
  tokens.expectSymbol(",");
  const value = parseValue(tokens, parameters);
  tokens.expectSymbol(")");
  if (!SETS.includes(typeOf(value))) {
    throw refusal(
      `The second argument to ${name.toUpperCase()} must be a value with type SET at ${tokens.placeOf(first)}`,
    );
  }
  return { kind: name === "set_add" ? "add" : "delete", path, value };
}

function requireType(operator: string, operands: readonly SetValue[], wanted: AttributeType): void {
  for (const operand of operands) {
    if (operand.kind !== "value" || typeOf(operand.value) === wanted) continue;
    throw incorrectType(operator, typeOf(operand.value));
  }
}
