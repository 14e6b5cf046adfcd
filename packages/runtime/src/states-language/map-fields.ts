import type { Json, JsonObject, MapState, QueryLanguage } from "./definition.ts";
import { evaluateJsonata, QueryEvaluationError } from "./jsonata.ts";
import { expectType } from "./jsonata-type.ts";
import { readPath } from "./jsonpath/path.ts";
import { effectiveInput, type Moment } from "./moment.ts";
import { StatesError } from "./states-error.ts";
import { fillTemplate } from "./template.ts";

/** One item of a Map; with a key where the Map goes over an object. */
export interface MapItem {
  readonly value: Json;
  readonly key?: string;
}

/** The values of {@link itemEntriesOf}. */
export async function itemsOf(
  state: MapState,
  language: QueryLanguage,
  moment: Moment,
): Promise<Json[]> {
  return (await itemEntriesOf(state, language, moment)).map(({ value }) => value);
}

/**
 * What a Map goes over: an array, or in distributed mode the members of an object (the developer guide, "Map state input
 * and output fields"). Wording: LocalStack's snapshot tests of Map states.
 * @throws StatesError `States.Runtime` / `States.QueryEvaluationError` (JSONata) where it is neither.
 */
export async function itemEntriesOf(
  state: MapState,
  language: QueryLanguage,
  moment: Moment,
): Promise<MapItem[]> {
  const { input, scope } = moment;
  const distributed = state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED";
  const from = language === "JSONata" ? input : effectiveInput(state, moment);
  let items: Json = from;
  if (language === "JSONata" && state.Items !== undefined) {
    items = await evaluateJsonata(state.Items, { input, scope, field: "Items" });
  } else if (language === "JSONPath" && state.ItemsPath !== undefined) {
    items = readPath(state.ItemsPath, from, scope);
  }
  if (Array.isArray(items)) return items.map((value) => ({ value }));
  if (distributed && typeof items === "object" && items !== null) {
    return Object.entries(items).map(([key, value]) => ({ key, value }));
  }
  if (language === "JSONata" && state.Items !== undefined)
    expectType(items, "array", state.Items, "Items");
  const cause =
    language === "JSONPath" && state.ItemsPath !== undefined
      ? // of the Context object's two $ AWS tells one
        `Reference path "${state.ItemsPath.replace(/^\$\$/, "$")}" must point to array.`
      : `Map state input must be an array but was: ${JSON.stringify(items)}`;
  if (language === "JSONata") throw new QueryEvaluationError(cause);
  throw new StatesError("States.Runtime", cause);
}

/**
 * What an item's run starts with: the item, or what `ItemSelector` (once `Parameters`) makes of the Map's input. The
 * item is in the Context object, as `Map.Item`.
 */
export async function itemInput(
  state: MapState,
  language: QueryLanguage,
  moment: Moment,
  item: { readonly index: number; readonly value: Json; readonly key?: string },
): Promise<Json> {
  const selector = state.ItemSelector ?? (language === "JSONPath" ? state.Parameters : undefined);
  if (selector === undefined) return item.value;
  const scope = { ...moment.scope, context: { ...moment.scope.context, Map: mapContext(item) } };
  if (language === "JSONata") {
    return evaluateJsonata(selector, { input: moment.input, scope, field: "ItemSelector" });
  }
  return fillTemplate(selector, effectiveInput(state, moment), scope);
}

/** The Context object's `Map`, as an item's run sees it too. */
export function mapContext(item: {
  readonly index: number;
  readonly value: Json;
  readonly key?: string;
}): JsonObject {
  const entry: JsonObject = { Index: item.index, Value: item.value };
  if (item.key !== undefined) entry.Key = item.key;
  return { Item: entry };
}

export interface MapLimits {
  /** Infinity where the definition says 0, or nothing. */
  readonly maxConcurrency: number;
  readonly toleratedCount?: number;
  readonly toleratedPercentage?: number;
}

/** @throws StatesError `States.Runtime` where a number is out of its range; wording as recorded from AWS. */
export async function mapLimits(
  state: MapState,
  language: QueryLanguage,
  moment: Moment,
): Promise<MapLimits> {
  const concurrency = await limitOf(state, "MaxConcurrency", language, moment);
  const count = await limitOf(state, "ToleratedFailureCount", language, moment);
  const percentage = await limitOf(state, "ToleratedFailurePercentage", language, moment);
  if (concurrency !== undefined && concurrency < 0) {
    throw new StatesError("States.Runtime", "MaxConcurrency cannot be negative.");
  }
  if (count !== undefined && count < 0) {
    throw new StatesError("States.Runtime", "ToleratedFailureCount cannot be negative.");
  }
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    throw new StatesError(
      "States.Runtime",
      "ToleratedFailurePercentage must be between 0 and 100.",
    );
  }
  return {
    maxConcurrency: concurrency || Number.POSITIVE_INFINITY,
    ...(count === undefined ? {} : { toleratedCount: count }),
    ...(percentage === undefined ? {} : { toleratedPercentage: percentage }),
  };
}

const WRITTEN_NUMBER = /^-?\d+(\.\d+)?$/;

type LimitField = "MaxConcurrency" | "ToleratedFailureCount" | "ToleratedFailurePercentage";

async function limitOf(
  state: MapState,
  field: LimitField,
  language: QueryLanguage,
  moment: Moment,
): Promise<number | undefined> {
  const written = state[field];
  const { input, scope } = moment;
  if (language === "JSONata") {
    if (written === undefined) return undefined;
    return expectType(
      await evaluateJsonata(written, { input, scope, field }),
      "number",
      written,
      field,
    );
  }
  const path = state[`${field}Path`];
  // validated to be a number: JSONPath has no expression here
  if (path === undefined) return written as number | undefined;
  const value = readPath(path, effectiveInput(state, moment), scope);
  const whole = field !== "ToleratedFailurePercentage";
  // A text that is such a number will do, too. Source: LocalStack's snapshots of MAP_STATE_REFERENCE_IN_….
  const number = typeof value === "string" && WRITTEN_NUMBER.test(value) ? Number(value) : value;
  if (typeof number === "number" && (!whole || Number.isInteger(number))) return number;
  throw new StatesError(
    "States.Runtime",
    `The ${field}Path field refers to value "${typeof value === "string" ? value : JSON.stringify(value)}" ` +
      `which is not a valid ${whole ? "integer" : "float"}: ${path}`,
  );
}
