import type { Json } from "../definition.ts";
import { evaluate } from "../jsonpath/evaluate.ts";
import { shownInCause } from "../jsonpath/path-error.ts";
import { isDefinite } from "../jsonpath/token.ts";
import type { Scope } from "../scope.ts";
import { StatesError } from "../states-error.ts";
import { FUNCTIONS, invalidArguments } from "./functions.ts";
import { type Argument, type IntrinsicCall, isIntrinsic, parseIntrinsic } from "./parse.ts";
import { type Randomness, SYSTEM_RANDOMNESS } from "./randomness.ts";

export { isIntrinsic };

/** More texts than this, and the cache of parsed ones begins anew. */
const CACHE_MAX = 10_000;
const compiled = new Map<string, IntrinsicCall>();

/**
 * @throws PathError where the text is no call of an intrinsic function.
 */
export function compileIntrinsic(text: string): IntrinsicCall {
  let call = compiled.get(text);
  if (call === undefined) {
    call = parseIntrinsic(text, (name) => FUNCTIONS.has(name));
    if (compiled.size >= CACHE_MAX) compiled.clear();
    compiled.set(text, call);
  }
  return call;
}

/**
 * What a call of an intrinsic function (`States.Format('{}', $.name)`) gives.
 * @throws PathError where it is none.
 * @throws StatesError `States.Runtime`: what it was given does not fit. The specification's name is
 * `States.IntrinsicFailure`; executions on AWS show `States.Runtime`.
 */
export function callIntrinsic(
  text: string,
  input: Json,
  scope: Scope,
  randomness: Randomness = SYSTEM_RANDOMNESS,
): Json {
  const call = compileIntrinsic(text);
  return perform(call, { text, input, scope, randomness });
}

interface Invocation {
  /** Of the outermost call. */
  readonly text: string;
  readonly input: Json;
  readonly scope: Scope;
  readonly randomness: Randomness;
}

function perform(call: IntrinsicCall, invocation: Invocation): Json {
  const values = call.arguments.map((argument) => argumentValue(argument, invocation));
  const intrinsic = FUNCTIONS.get(call.name)!;
  const context = { call, randomness: invocation.randomness };
  try {
    return intrinsic(values, context);
  } catch (error) {
    // A value that nests deeper than the stack allows is no argument for a function that looks into it.
    throw error instanceof RangeError ? invalidArguments(context) : error;
  }
}

function argumentValue(argument: Argument, invocation: Invocation): Json {
  switch (argument.kind) {
    case "string":
    case "literal":
      return argument.value;
    case "call":
      return perform(argument.call, invocation);
    case "path": {
      const { values } = evaluate(argument.path, invocation);
      if (values === undefined) throw argumentNotFound(argument.text, invocation);
      return isDefinite(argument.path.tokens) ? values[0]! : [...values];
    }
  }
}

/** As people quote it from AWS: "The function 'States.Format('{}', $.nope)' had the following error: …". */
function argumentNotFound(path: string, { text, input }: Invocation): StatesError {
  return new StatesError(
    "States.Runtime",
    `The function '${text}' had the following error: The JsonPath argument for the field '${path}' could not be found in the input '${shownInCause(input)}'`,
  );
}
