import type { AttributeValue } from "../attribute-value.ts";
import { refusal } from "../refusal.ts";
import { validateValue } from "../validate.ts";
import type { DocumentPath } from "./path.ts";
import type { PathSyntax } from "./syntax.ts";
import type { ExpressionKind } from "./tokens.ts";

/** A path may have this many steps; maps and lists can't be deeper. */
const MAX_PATH_STEPS = 32;
const MAX_PLACEHOLDER_BYTES = 255;
const NAME_FORM = /^#[A-Za-z0-9_]+$/;
const VALUE_FORM = /^:[A-Za-z0-9_]+$/;

/** The names and values that a request gives beside its expressions, and which of them the expressions use. */
export class Placeholders {
  readonly #names: Record<string, string>;
  readonly #values: Record<string, AttributeValue>;
  readonly #used = new Set<string>();

  /** Throws ValidationException for maps that are empty, malformed keys, and values that are no values. */
  constructor(
    names: Record<string, string> | undefined,
    values: Record<string, AttributeValue> | undefined,
  ) {
    this.#names = names === undefined ? {} : checkedNames(names);
    this.#values = values === undefined ? {} : checkedValues(values);
  }

  /** The path with the names in it that its placeholders stand for. */
  path(kind: ExpressionKind, steps: PathSyntax): DocumentPath {
    if (steps.length > MAX_PATH_STEPS) {
      throw refusal(
        `Invalid ${kind}: The document path has too many nesting levels; nesting levels: ${steps.length}`,
      );
    }
    if (!steps.some(isPlaceholder)) return steps;
    const [first, ...rest] = steps;
    const named = (step: string) => (isPlaceholder(step) ? this.#name(kind, step) : step);
    return [named(first), ...rest.map((step) => (typeof step === "number" ? step : named(step)))];
  }

  #name(kind: ExpressionKind, placeholder: string): string {
    const name = Object.hasOwn(this.#names, placeholder) ? this.#names[placeholder] : undefined;
    if (name === undefined) {
      throw refusal(
        `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
      );
    }
    this.#used.add(placeholder);
    return name;
  }

  value(kind: ExpressionKind, placeholder: string): AttributeValue {
    const value = Object.hasOwn(this.#values, placeholder) ? this.#values[placeholder] : undefined;
    if (value === undefined) {
      throw refusal(
        `Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${placeholder}`,
      );
    }
    this.#used.add(placeholder);
    return value;
  }

  /** Throws ValidationException for names and values that no expression used. */
  checkUsed(): void {
    this.#refuseUnused("ExpressionAttributeNames", this.#names);
    this.#refuseUnused("ExpressionAttributeValues", this.#values);
  }

  #refuseUnused(parameter: string, map: Record<string, unknown>): void {
    const unused = Object.keys(map).filter((key) => !this.#used.has(key));
    if (unused.length === 0) return;
    throw refusal(
      `Value provided in ${parameter} unused in expressions: keys: {${unused.join(", ")}}`,
    );
  }
}

function isPlaceholder(step: string | number): boolean {
  return typeof step === "string" && step.startsWith("#");
}

function checkedNames(names: Record<string, string>): Record<string, string> {
  checkKeys("ExpressionAttributeNames", names, NAME_FORM);
  for (const [key, name] of Object.entries(names)) {
    if (name !== "") continue;
    throw refusal(
      `ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`,
    );
  }
  return names;
}

function checkedValues(values: Record<string, AttributeValue>): Record<string, AttributeValue> {
  checkKeys("ExpressionAttributeValues", values, VALUE_FORM);
  const checked: Record<string, AttributeValue> = {};
  for (const [key, value] of Object.entries(values)) {
    checked[key] = validateValue(value, (message) =>
      refusal(`ExpressionAttributeValues contains invalid value: ${message} for key ${key}`),
    );
  }
  return checked;
}

function checkKeys(parameter: string, map: Record<string, unknown>, form: RegExp): void {
  const keys = Object.keys(map);
  if (keys.length === 0) throw refusal(`${parameter} must not be empty`);
  for (const key of keys) {
    if (key.length > MAX_PLACEHOLDER_BYTES) {
      throw refusal(
        `${parameter} contains invalid key: The expression attribute map contains a key that is too long; size of key: ${key.length}`,
      );
    }
    if (!form.test(key)) {
      throw refusal(`${parameter} contains invalid key: Syntax error; key: "${key}"`);
    }
  }
}
