import type { Cloud } from "../../cloud.ts";
import { type CompiledPattern, compilePattern, PatternError } from "../../patterns/pattern.ts";
import { invalidParameter } from "./errors.ts";
import type { MessageAttributes } from "./message.ts";
import type { Subscription } from "./subscription.ts";

export type FilterPolicyScope = "MessageAttributes" | "MessageBody";

/** The scope that a subscription's attributes set, or the default. */
export function scopeOf(attributes: Readonly<Record<string, string>>): FilterPolicyScope {
  return attributes.FilterPolicyScope === "MessageBody" ? "MessageBody" : "MessageAttributes";
}

/** Why a message did not pass a filter policy: the suffix of the metric `NumberOfNotificationsFilteredOut-…`. */
export type FilteredOut =
  | "MessageAttributes"
  | "NoMessageAttributes"
  | "MessageBody"
  | "InvalidMessageBody";

/** How many compiled policies are kept; the one that was used longest ago goes first. */
const COMPILED_MAX = 10_000;

/** Throws `InvalidParameter` with what is wrong in the policy. `{}` is one that passes everything. */
export function checkFilterPolicy(text: string, scope: FilterPolicyScope, reason: string): void {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter(`${reason}FilterPolicy: failed to parse JSON.`);
  }
  try {
    compilePattern(policy, "sns");
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw invalidParameter(`${reason}FilterPolicy: ${error.reason}\n at ${error.path}`);
  }
  if (scope === "MessageAttributes" && isNested(policy))
    throw invalidParameter(
      `${reason}Filter policy scope MessageAttributes does not support nested filter policy`,
    );
}

/** What the filter policies of a topic's subscriptions say to one message; each view of it is made once. */
export class MessageFilter {
  readonly #policies: CompiledPolicies;
  readonly #attributes: MessageAttributes;
  readonly #textFor: (protocol: string) => string;
  #attributeEvent: Record<string, unknown> | undefined;
  readonly #bodies = new Map<string, unknown>();

  constructor(
    cloud: Cloud,
    message: {
      readonly attributes: MessageAttributes;
      readonly textFor: (protocol: string) => string;
    },
  ) {
    this.#policies = cloud.derived(makeCompiledPolicies);
    this.#attributes = message.attributes;
    this.#textFor = message.textFor;
  }

  /** Undefined when the message passes, and is to be delivered. */
  filteredOut({ attributes, protocol }: Subscription): FilteredOut | undefined {
    const { FilterPolicy: policy } = attributes;
    if (policy === undefined || policy === "{}") return undefined;
    const compiled = this.#policies.get(policy);
    if (scopeOf(attributes) === "MessageBody") {
      const body = this.#bodyFor(protocol);
      if (body === undefined) return "InvalidMessageBody";
      return compiled.matches(body) ? undefined : "MessageBody";
    }
    this.#attributeEvent ??= attributeEvent(this.#attributes);
    if (compiled.matches(this.#attributeEvent)) return undefined;
    return Object.keys(this.#attributes).length === 0 ? "NoMessageAttributes" : "MessageAttributes";
  }

  #bodyFor(protocol: string): unknown {
    const text = this.#textFor(protocol);
    if (!this.#bodies.has(text)) this.#bodies.set(text, parsedObject(text));
    return this.#bodies.get(text);
  }
}

/** Message attributes as an event: binary ones are not compared. Source: "Filter policy constraints". */
function attributeEvent(attributes: MessageAttributes): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, { DataType: type = "", StringValue: value = "" }] of Object.entries(
    attributes,
  )) {
    if (type === "String.Array") event[name] = parsedArray(value);
    else if (type.startsWith("Number")) event[name] = Number(value);
    else if (type.startsWith("String")) event[name] = value;
  }
  return event;
}

function parsedArray(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parsedObject(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && !Array.isArray(parsed) ? (parsed ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function isNested(policy: unknown): boolean {
  if (typeof policy !== "object" || policy === null) return false;
  return Object.entries(policy).some(([name, value]) =>
    Array.isArray(value) ? name === "$or" && value.some(isNested) : true,
  );
}

class CompiledPolicies {
  readonly #compiled = new Map<string, CompiledPattern>();

  get(text: string): CompiledPattern {
    const known = this.#compiled.get(text);
    if (known) {
      // Put last again: the map's first is the one unused for longest.
      this.#compiled.delete(text);
      this.#compiled.set(text, known);
      return known;
    }
    const compiled = compilePattern(JSON.parse(text), "sns");
    this.#compiled.set(text, compiled);
    if (this.#compiled.size > COMPILED_MAX)
      for (const oldest of this.#compiled.keys()) {
        this.#compiled.delete(oldest);
        break;
      }
    return compiled;
  }
}

function makeCompiledPolicies(): CompiledPolicies {
  return new CompiledPolicies();
}
