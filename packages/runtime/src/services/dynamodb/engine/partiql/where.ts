import { type AttributeType, typeOf } from "../attribute-value.ts";
import type { Comparator, Condition, Operand } from "../expression/condition.ts";
import { refusal } from "../refusal.ts";
import { parseValue } from "./literal.ts";
import type { Parameters } from "./parameters.ts";
import { nextIsName, parsePath } from "./path.ts";
import { malformed, type Tokens } from "./tokens.ts";

const COMPARATORS: Readonly<Record<string, Comparator>> = {
  "=": "=",
  "<>": "<>",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const ORDERED: readonly AttributeType[] = ["S", "N", "B"];
const TYPES: readonly string[] = ["N", "BS", "L", "B", "NULL", "M", "S", "SS", "NS", "BOOL"];
/** What `IS` can test, and the type that it means. */
const IS_TYPES: Readonly<Record<string, AttributeType>> = {
  NULL: "NULL",
  BOOLEAN: "BOOL",
  BLOB: "B",
  STRING: "S",
  NUMERIC: "N",
  STRUCT: "M",
  TUPLE: "M",
  LIST: "L",
};
/** The most members of an IN list. */
const MAX_IN_OPERANDS = 100;

/** The condition behind WHERE. Throws ValidationException. */
export function parseWhere(tokens: Tokens, parameters: Parameters): Condition {
  return new Where(tokens, parameters).or();
}

class Where {
  readonly #tokens: Tokens;
  readonly #parameters: Parameters;

  constructor(tokens: Tokens, parameters: Parameters) {
    this.#tokens = tokens;
    this.#parameters = parameters;
  }

  or(): Condition {
    let left = this.#and();
    while (this.#tokens.takeKeyword("OR")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Condition {
    let left = this.#not();
    while (this.#tokens.takeKeyword("AND")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Condition {
    if (!this.#tokens.takeKeyword("NOT")) return this.#predicate();
    return { kind: "not", condition: this.#tokens.nested(() => this.#not()) };
  }

  #predicate(): Condition {
    const tokens = this.#tokens;
    if (tokens.takeSymbol("(")) {
      const condition = tokens.nested(() => this.or());
      tokens.expectSymbol(")");
      return condition;
    }
    const name = tokens.takeCall();
    if (name === undefined) return this.#comparison(this.#operand());
    const condition = this.#call(name);
    return "size" in condition ? this.#comparison(condition.size) : condition;
  }

  #call(name: string): Condition | { readonly size: Operand } {
    const tokens = this.#tokens;
    const path = parsePath(tokens);
    const operand: Operand = { kind: "path", path };
    if (name === "size" || name === "attribute_exists" || name === "attribute_not_exists") {
      tokens.expectSymbol(")");
      if (name === "size") return { size: { kind: "size", of: operand } };
      return { kind: "exists", path, expected: name === "attribute_exists" };
    }
    if (name !== "begins_with" && name !== "contains" && name !== "attribute_type") {
      throw refusal(`Unrecognized function: ${name}`);
    }
    tokens.expectSymbol(",");
    const part = this.#operand();
    tokens.expectSymbol(")");
    if (name === "contains") return { kind: "contains", operand, part };
    if (name === "attribute_type") return { kind: "type", operand, type: typeNamed(part) };
    requireTypes(name, [part], ["S", "B"]);
    return { kind: "beginsWith", operand, part };
  }

  #operand(): Operand {
    if (nextIsName(this.#tokens)) return { kind: "path", path: parsePath(this.#tokens) };
    return { kind: "value", value: parseValue(this.#tokens, this.#parameters) };
  }

  #comparison(left: Operand): Condition {
    const tokens = this.#tokens;
    if (tokens.takeKeyword("BETWEEN")) {
      const low = this.#operand();
      tokens.expectKeyword("AND");
      const high = this.#operand();
      requireTypes("BETWEEN", [low, high], ORDERED);
      return { kind: "between", operand: left, low, high };
    }
    if (tokens.takeKeyword("IN")) return { kind: "in", operand: left, candidates: this.#list() };
    if (tokens.takeKeyword("IS")) return this.#is(left);
    const operator = tokens.next.kind === "symbol" ? COMPARATORS[tokens.next.text] : undefined;
    if (operator === undefined) throw malformed("Unexpected term");
    tokens.take();
    const right = this.#right();
    if (operator !== "=" && operator !== "<>") requireTypes(operator, [left, right], ORDERED);
    return { kind: "compare", operator, left, right };
  }

  /** What a comparison compares with: the size of something, too. */
  #right(): Operand {
    const name = this.#tokens.takeCall();
    if (name === undefined) return this.#operand();
    if (name !== "size") throw refusal(`Unrecognized function: ${name}`);
    const path = parsePath(this.#tokens);
    this.#tokens.expectSymbol(")");
    return { kind: "size", of: { kind: "path", path } };
  }

  /** `[a, b]`, or with round brackets. */
  #list(): Operand[] {
    const tokens = this.#tokens;
    const end = tokens.takeSymbol("[") ? "]" : ")";
    if (end === ")") tokens.expectSymbol("(");
    const candidates = [this.#operand()];
    while (tokens.takeSymbol(",")) candidates.push(this.#operand());
    tokens.expectSymbol(end);
    if (candidates.length > MAX_IN_OPERANDS) {
      throw refusal(
        `The IN operator is provided with too many operands; number of operands: ${candidates.length}`,
      );
    }
    return candidates;
  }

  #is(operand: Operand): Condition {
    const tokens = this.#tokens;
    const negated = tokens.takeKeyword("NOT");
    const type = tokens.take().text.toUpperCase();
    if (operand.kind !== "path") {
      throw refusal(
        "The left hand side argument to IS must be a Variable Reference, Literal, or Path",
      );
    }
    if (type === "MISSING") return { kind: "exists", path: operand.path, expected: negated };
    const attributeType = Object.hasOwn(IS_TYPES, type) ? IS_TYPES[type] : undefined;
    if (attributeType === undefined) {
      throw refusal(
        `Unsupported data type for IS operator: ${type}. Supported data types are [MISSING, ${Object.keys(IS_TYPES).join(", ")}]`,
      );
    }
    const condition: Condition = { kind: "type", operand, type: attributeType };
    return negated ? { kind: "not", condition } : condition;
  }
}

function requireTypes(
  operator: string,
  operands: readonly Operand[],
  allowed: readonly AttributeType[],
): void {
  for (const operand of operands) {
    if (operand.kind !== "value" || allowed.includes(typeOf(operand.value))) continue;
    throw incorrectType(operator, typeOf(operand.value));
  }
}

function typeNamed(operand: Operand): AttributeType {
  if (operand.kind !== "value") throw malformed("Unexpected term");
  const name = operand.value.S;
  if (name === undefined) throw incorrectType("attribute_type", typeOf(operand.value));
  if (!TYPES.includes(name)) {
    throw refusal(
      `Invalid attribute type name found; type: ${name}, valid types: {${TYPES.join(",")}}`,
    );
  }
  // One of TYPES, as was just tested.
  return name as AttributeType;
}

export function incorrectType(operator: string, type: AttributeType): Error {
  return refusal(
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );
}
