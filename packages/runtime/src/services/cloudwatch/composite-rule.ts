import type { StateValue } from "@aws-sdk/client-cloudwatch";
import { alarmNameOf } from "./alarm.ts";

/** A composite alarm's rule, as it is written. */
export type Rule =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "state"; readonly state: StateValue; readonly alarm: string }
  | { readonly kind: "not"; readonly operand: Rule }
  | { readonly kind: "and" | "or"; readonly left: Rule; readonly right: Rule };

/** A rule that means nothing; the message says where. */
export class RuleError extends Error {}

const CHILDREN_MAX = 100;
const ELEMENTS_MAX = 500;
const TOKEN =
  /\s*(?:(?<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^)"]*?))\s*\)|(?<word>TRUE|FALSE|AND|OR|NOT)(?![A-Za-z0-9_])|(?<sign>[()]))/y;

type Token = Readonly<Record<"state" | "quoted" | "plain" | "word" | "sign", string | undefined>>;

/** Reads a rule; throws {@link RuleError}. Source: API reference, PutCompositeAlarm, `AlarmRule`. */
export function parseRule(text: string): Rule {
  const tokens = tokensOf(text);
  const elements = tokens.filter(({ word }) => word !== "AND" && word !== "OR" && word !== "NOT");
  if (elements.length > ELEMENTS_MAX)
    throw new RuleError(`a rule can have up to ${ELEMENTS_MAX} elements`);
  const rule = new RuleParser(tokens).whole();
  if (childrenOf(rule).length > CHILDREN_MAX)
    throw new RuleError(`a rule can name up to ${CHILDREN_MAX} alarms`);
  return rule;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new RuleError(`unexpected '${text.slice(at).trim().slice(0, 40)}'`);
    // The pattern's groups are a token's members.
    tokens.push(groups as Token);
  }
  return tokens;
}

class RuleParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Rule {
    const rule = this.#or();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return rule;
  }

  #unexpected(): RuleError {
    const { state, word, sign } = this.#tokens[this.#at] ?? {};
    return new RuleError(`unexpected ${state ?? word ?? sign ?? "end"}`);
  }

  #takes(kind: "word" | "sign", text: string): boolean {
    if (this.#tokens[this.#at]?.[kind] !== text) return false;
    this.#at += 1;
    return true;
  }

  #or(): Rule {
    let left = this.#and();
    while (this.#takes("word", "OR")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Rule {
    let left = this.#not();
    while (this.#takes("word", "AND")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Rule {
    if (this.#takes("word", "NOT")) return { kind: "not", operand: this.#not() };
    if (this.#takes("sign", "(")) {
      const inner = this.#or();
      if (!this.#takes("sign", ")")) throw this.#unexpected();
      return inner;
    }
    if (this.#takes("word", "TRUE")) return { kind: "constant", value: true };
    if (this.#takes("word", "FALSE")) return { kind: "constant", value: false };
    const { state, quoted, plain } = this.#tokens[this.#at] ?? {};
    if (state === undefined) throw this.#unexpected();
    this.#at += 1;
    const named = quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "";
    if (named === "") throw new RuleError(`${state} names no alarm`);
    // The pattern lets only the three states through.
    return { kind: "state", state: state as StateValue, alarm: alarmNameOf(named) };
  }
}

/** The names of the alarms that a rule is about, each once. */
export function childrenOf(rule: Rule): string[] {
  const names = (part: Rule): string[] => {
    switch (part.kind) {
      case "constant":
        return [];
      case "state":
        return [part.alarm];
      case "not":
        return names(part.operand);
      default:
        return [...names(part.left), ...names(part.right)];
    }
  };
  return [...new Set(names(rule))];
}

/** Whether the rule holds, by the states of the alarms that it names. */
export function holds(rule: Rule, stateOf: (alarm: string) => StateValue | undefined): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return stateOf(rule.alarm) === rule.state;
    case "not":
      return !holds(rule.operand, stateOf);
    case "and":
      return holds(rule.left, stateOf) && holds(rule.right, stateOf);
    case "or":
      return holds(rule.left, stateOf) || holds(rule.right, stateOf);
  }
}
