import {
  type AttributeType,
  type AttributeValue,
  compareValues,
  typeOf,
} from "../attribute-value.ts";
import { refusal } from "../refusal.ts";
import type { Condition, Operand } from "./condition.ts";
import { MAX_IN_OPERANDS } from "./parse-condition.ts";
import { pathText } from "./path.ts";
import type { Placeholders } from "./placeholders.ts";
import type { CallSyntax, ConditionSyntax, OperandSyntax } from "./syntax.ts";
import type { ExpressionKind } from "./tokens.ts";

const ORDERED: readonly AttributeType[] = ["S", "N", "B"];
const WITH_SIZE: readonly AttributeType[] = ["S", "B", "SS", "NS", "BS", "L", "M"];
const WITH_PREFIX: readonly AttributeType[] = ["S", "B"];
const TYPES: readonly string[] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];
/** How DynamoDB writes the type of an operand that can have any. */
const ANY_TYPE = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";

/**
 * Puts names and values into a condition's syntax.
 *
 * Throws ValidationException for what is not defined, and for operands whose types can't be right whatever the item.
 */
export function bindCondition(
  kind: ExpressionKind,
  syntax: ConditionSyntax,
  placeholders: Placeholders,
): Condition {
  return new Binder(kind, placeholders).condition(syntax);
}

class Binder {
  readonly #kind: ExpressionKind;
  readonly #placeholders: Placeholders;

  constructor(kind: ExpressionKind, placeholders: Placeholders) {
    this.#kind = kind;
    this.#placeholders = placeholders;
  }

  condition(node: ConditionSyntax): Condition {
    switch (node.kind) {
      case "and":
      case "or":
        return {
          kind: node.kind,
          left: this.condition(node.left),
          right: this.condition(node.right),
        };
      case "not":
        return { kind: "not", condition: this.condition(node.condition) };
      case "compare":
        return this.#compare(node);
      case "between":
        return this.#between(node);
      case "in":
        return this.#in(node);
      case "call":
        return this.#call(node);
    }
  }

  #compare(node: Extract<ConditionSyntax, { kind: "compare" }>): Condition {
    const { operator } = node;
    const left = this.#operand(node.left);
    const right = this.#operand(node.right);
    this.#requireDistinct(operator, left, [right]);
    if (operator !== "=" && operator !== "<>") this.#requireTypes(operator, [left, right], ORDERED);
    return { kind: "compare", operator, left, right };
  }

  #between(node: Extract<ConditionSyntax, { kind: "between" }>): Condition {
    const operand = this.#operand(node.operand);
    const low = this.#operand(node.low);
    const high = this.#operand(node.high);
    this.#requireDistinct("BETWEEN", operand, [low, high]);
    this.#requireTypes("BETWEEN", [operand, low, high], ORDERED);
    if (low.kind === "value" && high.kind === "value") this.#requireBounds(low.value, high.value);
    return { kind: "between", operand, low, high };
  }

  #requireBounds(low: AttributeValue, high: AttributeValue): void {
    const order = compareValues(low, high);
    if (order !== undefined && order <= 0) return;
    const rule =
      order === undefined
        ? "same data type for lower and upper bounds"
        : "upper bound to be greater than or equal to lower bound";
    throw this.#error(
      `The BETWEEN operator requires ${rule}; lower bound operand: AttributeValue: {${boundText(low)}}, upper bound operand: AttributeValue: {${boundText(high)}}`,
    );
  }

  #in(node: Extract<ConditionSyntax, { kind: "in" }>): Condition {
    const operand = this.#operand(node.operand);
    const candidates = node.candidates.map((candidate) => this.#operand(candidate));
    if (candidates.length > MAX_IN_OPERANDS) {
      throw this.#error(
        `The IN operator is provided with too many operands; number of operands: ${candidates.length}`,
      );
    }
    this.#requireDistinct("IN", operand, candidates);
    return { kind: "in", operand, candidates };
  }

  #call({ name, operands }: CallSyntax): Condition {
    const [first, second] = operands.map((operand) => this.#operand(operand));
    // The parser has counted the operands; only these names get here.
    if (name === "attribute_exists" || name === "attribute_not_exists") {
      return {
        kind: "exists",
        path: this.#requirePath(name, first!),
        expected: name === "attribute_exists",
      };
    }
    this.#requireDistinct(name, first!, [second!]);
    if (name === "attribute_type") {
      this.#requirePath(name, first!);
      return { kind: "type", operand: first!, type: this.#typeNamed(second!) };
    }
    if (name === "begins_with") this.#requireTypes(name, [first!, second!], WITH_PREFIX);
    return {
      kind: name === "begins_with" ? "beginsWith" : "contains",
      operand: first!,
      part: second!,
    };
  }

  #typeNamed(operand: Operand): AttributeType {
    const type = staticType(operand);
    if (operand.kind !== "value" || type !== "S") {
      throw this.#wrongType("attribute_type", type ?? ANY_TYPE);
    }
    const name = operand.value.S!;
    if (!TYPES.includes(name)) {
      throw this.#error(
        `Invalid attribute type name found; type: ${name}, valid types: {${TYPES.join(",")}}`,
      );
    }
    return name as AttributeType;
  }

  #operand(node: OperandSyntax): Operand {
    switch (node.kind) {
      case "path":
        return { kind: "path", path: this.#placeholders.path(this.#kind, node.steps) };
      case "value":
        return { kind: "value", value: this.#placeholders.value(this.#kind, node.placeholder) };
      case "call": {
        // The parser lets no function but size be an operand, and counts its operands.
        const of = this.#operand(node.operands[0]!);
        this.#requireTypes("size", [of], WITH_SIZE);
        return { kind: "size", of };
      }
    }
  }

  #requirePath(name: string, operand: Operand) {
    if (operand.kind === "path") return operand.path;
    throw this.#error(
      `Operator or function requires a document path; operator or function: ${name}`,
    );
  }

  #requireTypes(
    operator: string,
    operands: readonly Operand[],
    allowed: readonly AttributeType[],
  ): void {
    for (const operand of operands) {
      const type = staticType(operand);
      if (type !== undefined && !allowed.includes(type)) throw this.#wrongType(operator, type);
    }
  }

  #wrongType(operator: string, type: string): Error {
    return this.#error(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
    );
  }

  #requireDistinct(operator: string, first: Operand, others: readonly Operand[]): void {
    if (first.kind !== "path") return;
    for (const other of others) {
      if (other.kind !== "path") continue;
      const same =
        other.path.length === first.path.length &&
        other.path.every((step, i) => step === first.path[i]);
      if (!same) continue;
      throw this.#error(
        `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${pathText(first.path)}`,
      );
    }
  }

  #error(message: string): Error {
    return refusal(`Invalid ${this.#kind}: ${message}`);
  }
}

/** The type that an operand has whatever the item is; a path's is known from the item only. */
function staticType(operand: Operand): AttributeType | undefined {
  if (operand.kind === "value") return typeOf(operand.value);
  return operand.kind === "size" ? "N" : undefined;
}

/** A bound as DynamoDB's messages have it: `S:text`. */
function boundText(value: AttributeValue): string {
  if (value.S !== undefined) return `S:${value.S}`;
  if (value.N !== undefined) return `N:${value.N}`;
  const { length } = value.B!;
  return `B:java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
}
