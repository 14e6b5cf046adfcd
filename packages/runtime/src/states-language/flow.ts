import { holds } from "./choice.ts";
import type {
  Catcher,
  ChoiceRule,
  ChoiceState,
  FailState,
  Json,
  JsonObject,
  QueryLanguage,
  State,
} from "./definition.ts";
import { callIntrinsic, isIntrinsic } from "./intrinsics/intrinsic.ts";
import { evaluateJsonata } from "./jsonata.ts";
import { expectType } from "./jsonata-type.ts";
import { PathNotFound, readPath } from "./jsonpath/path.ts";
import { effectiveInput, type Moment, stateName } from "./moment.ts";
import { writeReferencePath } from "./result-path.ts";
import type { Scope } from "./scope.ts";
import { checkAssigned, checkSize } from "./size.ts";
import { StatesError } from "./states-error.ts";
import { fillTemplate, notFoundForField } from "./template.ts";

export {
  itemEntriesOf,
  itemInput,
  itemsOf,
  type MapItem,
  type MapLimits,
  mapLimits,
} from "./map-fields.ts";
export type { Moment } from "./moment.ts";
export { matchError, retryDelayMs } from "./retry.ts";
export { secondsOf } from "./seconds.ts";
export { waitUntil } from "./wait.ts";

/** What a state leaves behind. */
export interface Outcome {
  readonly output: Json;
  /** Variables that it assigns, by name; in reach from the next state on. */
  readonly assigned: Record<string, Json>;
}

/**
 * What the work of a state gets. JSONPath: the raw input through `InputPath`, then `Parameters` filled from that.
 * JSONata: `Arguments`, or the input where there are none. `Parameters` of a Map are each item's: see `itemInput`.
 * Source: the States Language, "Input and Output Processing".
 * @throws StatesError `States.Runtime`, `States.ParameterPathFailure`, `States.IntrinsicFailure`,
 * `States.QueryEvaluationError`.
 */
export async function prepareInput(
  state: State,
  language: QueryLanguage,
  moment: Moment,
): Promise<Json> {
  const { input, scope } = moment;
  if (language === "JSONata") {
    if (!("Arguments" in state) || state.Arguments === undefined) return input;
    return evaluateJsonata(state.Arguments, { input, scope, field: "Arguments" });
  }
  const effective = effectiveInput(state, moment);
  if (state.Type === "Map" || !("Parameters" in state) || state.Parameters === undefined)
    return effective;
  return fillTemplate(state.Parameters, effective, scope);
}

/**
 * A state's end: from the result of its work to its output, and the variables that it assigns. A Pass gives what
 * {@link prepareInput} gave (its `Result` is seen to here), a Wait and a Succeed likewise.
 *
 * JSONPath: `ResultSelector` filled from the result, `ResultPath` puts that into the raw input, `OutputPath` chooses
 * from it; `Assign` reads the result as the work gave it. JSONata: `Output` and `Assign` see the input and the result.
 * @throws StatesError as {@link prepareInput}; `States.ResultPathMatchFailure`; `States.DataLimitExceeded`.
 */
export async function finish(
  state: State,
  language: QueryLanguage,
  moment: Moment,
  result: Json,
): Promise<Outcome> {
  const outcome =
    language === "JSONata"
      ? await finishInJsonata(state, moment, result)
      : finishInJsonPath(state, moment, result);
  checkSize(outcome.output, stateName(moment));
  return outcome;
}

function finishInJsonPath(state: State, moment: Moment, worked: Json): Outcome {
  const { input, scope } = moment;
  const result = state.Type === "Pass" && state.Result !== undefined ? state.Result : worked;
  const assigned = state.Assign ? fillAssign(state.Assign, result, scope) : {};
  let output = result;
  if ("ResultSelector" in state && state.ResultSelector !== undefined) {
    output = fillTemplate(state.ResultSelector, result, scope);
  }
  if ("ResultPath" in state && state.ResultPath !== undefined) {
    output = combine(state.ResultPath, input, output);
  }
  return { output: chosenOutput(state, output, scope), assigned };
}

async function finishInJsonata(state: State, moment: Moment, worked: Json): Promise<Outcome> {
  const { input, scope } = moment;
  const works = state.Type === "Task" || state.Type === "Parallel" || state.Type === "Map";
  const bindings = works ? { input, scope, result: worked } : { input, scope };
  return {
    output:
      state.Output === undefined
        ? works
          ? worked
          : input
        : await evaluateJsonata(state.Output, { ...bindings, field: "Output" }),
    assigned: state.Assign
      ? checkAssigned(await evaluateJsonata(state.Assign, { ...bindings, field: "Assign" }))
      : {},
  };
}

/**
 * The end of a state whose error a catcher took. JSONPath: `ResultPath` puts the error output into the raw input, and
 * `OutputPath` has no say. JSONata: the catcher's `Output`, or the error output as it is.
 */
export async function finishCaught(
  state: State,
  catcher: Catcher,
  language: QueryLanguage,
  moment: Moment,
  errorOutput: Json,
): Promise<Outcome> {
  const { input, scope } = moment;
  if (language === "JSONPath") {
    const output =
      catcher.ResultPath === undefined
        ? errorOutput
        : combine(catcher.ResultPath, input, errorOutput);
    return {
      output,
      assigned: catcher.Assign ? fillAssign(catcher.Assign, errorOutput, scope) : {},
    };
  }
  const place = `Catch[${"Catch" in state ? (state.Catch ?? []).indexOf(catcher) : 0}]`;
  const bindings = { input, scope, errorOutput };
  return {
    output:
      catcher.Output === undefined
        ? errorOutput
        : await evaluateJsonata(catcher.Output, { ...bindings, field: `${place}/Output` }),
    assigned: catcher.Assign
      ? checkAssigned(
          await evaluateJsonata(catcher.Assign, { ...bindings, field: `${place}/Assign` }),
        )
      : {},
  };
}

/**
 * The way that a Choice takes. A rule's `Assign` and `Output` count where that rule matched, the state's own where
 * none did and `Default` is taken.
 * @throws StatesError `States.Runtime` where nothing matches and there is no `Default`: that is what AWS answers (seen
 * in us-east-1, floci-io/floci), whatever its documentation says of `States.NoChoiceMatched`.
 */
export async function chooseNext(
  state: ChoiceState,
  language: QueryLanguage,
  moment: Moment,
): Promise<Outcome & { readonly next: string }> {
  const chosen =
    language === "JSONata" ? await chooseInJsonata(state, moment) : chooseInJsonPath(state, moment);
  if (!chosen) {
    throw new StatesError(
      "States.Runtime",
      "Failed to transition out of the state. The state does not point to a next state.",
    );
  }
  checkSize(chosen.output, stateName(moment));
  return chosen;
}

function chooseInJsonPath(
  state: ChoiceState,
  moment: Moment,
): (Outcome & { readonly next: string }) | undefined {
  const { scope } = moment;
  const effective = effectiveInput(state, moment);
  const rule = state.Choices.find((candidate) => holds(candidate, effective, scope));
  const next = rule?.Next ?? state.Default;
  if (next === undefined) return undefined;
  const assign = rule ? rule.Assign : state.Assign;
  return {
    next,
    output: chosenOutput(state, effective, scope),
    assigned: assign ? fillAssign(assign, effective, scope) : {},
  };
}

async function chooseInJsonata(
  state: ChoiceState,
  moment: Moment,
): Promise<(Outcome & { readonly next: string }) | undefined> {
  const { input, scope } = moment;
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const condition = await evaluateJsonata(rule.Condition ?? false, { input, scope, field });
    if (expectType(condition, "boolean", rule.Condition, field)) {
      return { next: rule.Next, ...(await leave(rule, `Choices[${index}]/`, moment)) };
    }
  }
  if (state.Default === undefined) return undefined;
  return { next: state.Default, ...(await leave(state, "", moment)) };
}

async function leave(
  from: Pick<ChoiceRule, "Output" | "Assign">,
  place: string,
  moment: Moment,
): Promise<Outcome> {
  const { input, scope } = moment;
  return {
    output:
      from.Output === undefined
        ? input
        : await evaluateJsonata(from.Output, { input, scope, field: `${place}Output` }),
    assigned: from.Assign
      ? checkAssigned(await evaluateJsonata(from.Assign, { input, scope, field: `${place}Assign` }))
      : {},
  };
}

/** The error and the cause that a Fail state ends the execution with. */
export async function failureOf(
  state: FailState,
  language: QueryLanguage,
  moment: Moment,
): Promise<{ error?: string; cause?: string }> {
  const error = await failureField(state, "Error", language, moment);
  const cause = await failureField(state, "Cause", language, moment);
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

async function failureField(
  state: FailState,
  field: "Error" | "Cause",
  language: QueryLanguage,
  moment: Moment,
): Promise<string | undefined> {
  const { input, scope } = moment;
  const written = state[field];
  if (language === "JSONata") {
    if (written === undefined) return undefined;
    const value = await evaluateJsonata(written, { input, scope, field });
    return expectType(value, "string", written, field);
  }
  const path = state[`${field}Path`];
  if (path === undefined) return written;
  const text = isIntrinsic(path)
    ? callIntrinsic(path, input, scope)
    : readField(path, `${field}Path`, input, scope);
  if (typeof text !== "string") {
    throw new StatesError(
      "States.Runtime",
      `The value of the field '${field}Path' must be a String, but was: ${JSON.stringify(text)}`,
    );
  }
  return text;
}

/** @throws StatesError that names the field, as AWS words it where a path of that field finds nothing. */
function readField(path: string, field: string, input: Json, scope: Scope): Json {
  try {
    return readPath(path, input, scope);
  } catch (error) {
    if (!(error instanceof PathNotFound)) throw error;
    throw notFoundForField(path, field, input);
  }
}

function chosenOutput(state: State, output: Json, scope: Scope): Json {
  if (state.OutputPath === undefined) return output;
  return state.OutputPath === null ? {} : readPath(state.OutputPath, output, scope);
}

function combine(resultPath: string | null, input: Json, result: Json): Json {
  return resultPath === null ? input : writeReferencePath(resultPath, input, result);
}

function fillAssign(assign: JsonObject, from: Json, scope: Scope): Record<string, Json> {
  return checkAssigned(fillTemplate(assign, from, scope));
}
