import type { Json, JsonObject } from "./definition.ts";

/** What an expression sees beside the state's input. */
export interface Scope {
  /** The Context object: `$$` in JSONPath, `$states.context` in JSONata. */
  readonly context: JsonObject;
  /** Variables that are in reach, by name without `$`: those of the branch hide those around it. */
  readonly variables: Readonly<Record<string, Json>>;
  /** The time that `$now()` and `$millis()` of JSONata tell, in ms since 1970; 0 where it is left out. */
  readonly now?: number;
}
