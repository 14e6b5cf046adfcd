import type { Json, State } from "./definition.ts";
import { readPath } from "./jsonpath/path.ts";
import type { Scope } from "./scope.ts";

/** Where a state stands when it is entered: its raw input, and what is in reach of its expressions. */
export interface Moment {
  readonly input: Json;
  readonly scope: Scope;
}

/** The raw input through `InputPath`, which may be null: `{}`. */
export function effectiveInput(state: State, moment: Moment): Json {
  if (state.InputPath === undefined) return moment.input;
  return state.InputPath === null ? {} : readPath(state.InputPath, moment.input, moment.scope);
}

/** The name of the state that runs, from the Context object. */
export function stateName(moment: Moment): string {
  const state = moment.scope.context.State;
  const name = state && typeof state === "object" && !Array.isArray(state) ? state.Name : undefined;
  return typeof name === "string" ? name : "";
}
