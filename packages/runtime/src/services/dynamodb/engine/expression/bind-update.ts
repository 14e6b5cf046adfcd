import { type AttributeType, typeOf } from "../attribute-value.ts";
import { refusal } from "../refusal.ts";
import { requireApart } from "./overlap.ts";
import { type ActionSyntax, type SetSyntax, UPDATE_FUNCTIONS } from "./parse-update.ts";
import type { DocumentPath } from "./path.ts";
import type { Placeholders } from "./placeholders.ts";
import type { CallSyntax } from "./syntax.ts";
import type { SetValue, Update, UpdateAction } from "./update.ts";

const KIND = "UpdateExpression";
const ADDABLE: readonly AttributeType[] = ["N", "SS", "NS", "BS"];
const DELETABLE: readonly AttributeType[] = ["SS", "NS", "BS"];
/** How the messages about ADD and DELETE call the types. */
const TYPE_NAMES: Readonly<Partial<Record<AttributeType, string>>> = {
  S: "STRING",
  N: "NUMBER",
  B: "BINARY",
  BOOL: "BOOLEAN",
  NULL: "NULL",
  L: "LIST",
  M: "MAP",
};

/**
 * Puts names and values into an update's syntax.
 *
 * Throws ValidationException for what is not defined, paths that overlap, and operands of impossible types.
 */
export function bindUpdate(syntax: readonly ActionSyntax[], placeholders: Placeholders): Update {
  const paths = syntax.map((action) => placeholders.path(KIND, action.path));
  requireApart(KIND, paths);
  const actions = syntax.map((action, i) => bindAction(action, paths[i]!, placeholders));
  return { form: "expression", actions };
}

function bindAction(
  action: ActionSyntax,
  path: DocumentPath,
  placeholders: Placeholders,
): UpdateAction {
  switch (action.clause) {
    case "REMOVE":
      return { kind: "remove", path };
    case "SET":
      return { kind: "set", path, value: bindValue(action.value, placeholders) };
    case "ADD":
    case "DELETE": {
      const value = placeholders.value(KIND, action.placeholder);
      const type = typeOf(value);
      if ((action.clause === "ADD" ? ADDABLE : DELETABLE).includes(type)) {
        return { kind: action.clause === "ADD" ? "add" : "delete", path, value };
      }
      throw error(
        `Incorrect operand type for operator or function; operator: ${action.clause}, operand type: ${TYPE_NAMES[type]}, typeSet: ALLOWED_FOR_${action.clause}_OPERAND`,
      );
    }
  }
}

function bindValue(syntax: SetSyntax, placeholders: Placeholders): SetValue {
  switch (syntax.kind) {
    case "path":
      return { kind: "path", path: placeholders.path(KIND, syntax.steps) };
    case "value":
      return { kind: "value", value: placeholders.value(KIND, syntax.placeholder) };
    case "call":
      return bindCall(syntax, placeholders);
    case "arithmetic": {
      const left = bindValue(syntax.left, placeholders);
      const right = bindValue(syntax.right, placeholders);
      requireType(syntax.operator, [left, right], "N");
      return { kind: syntax.operator === "+" ? "plus" : "minus", left, right };
    }
  }
}

function bindCall({ name, operands }: CallSyntax, placeholders: Placeholders): SetValue {
  if (operands.length !== UPDATE_FUNCTIONS.get(name)) {
    throw error(
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
    );
  }
  const left = bindValue(operands[0]!, placeholders);
  const right = bindValue(operands[1]!, placeholders);
  if (name === "list_append") {
    requireType(name, [left, right], "L");
    return { kind: "listAppend", left, right };
  }
  if (left.kind !== "path") {
    throw error(`Operator or function requires a document path; operator or function: ${name}`);
  }
  return { kind: "ifNotExists", path: left.path, otherwise: right };
}

function requireType(operator: string, operands: readonly SetValue[], wanted: AttributeType): void {
  for (const operand of operands) {
    const type = operand.kind === "value" ? typeOf(operand.value) : undefined;
    if (type === undefined || type === wanted) continue;
    throw error(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
    );
  }
}

function error(message: string): Error {
  return refusal(`Invalid ${KIND}: ${message}`);
}

/** The type that SET certainly gives an attribute; undefined where the item decides. */
export function certainType(action: UpdateAction): AttributeType | undefined {
  if (action.kind === "remove") return undefined;
  if (action.kind !== "set") return typeOf(action.value);
  return certainTypeOf(action.value);
}

function certainTypeOf(value: SetValue): AttributeType | undefined {
  switch (value.kind) {
    case "value":
      return typeOf(value.value);
    case "plus":
    case "minus":
      return "N";
    case "listAppend":
      return "L";
    default:
      return undefined;
  }
}
