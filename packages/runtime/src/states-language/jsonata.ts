import jsonata from "jsonata";
import { BoundRegExp } from "./bound-regexp.ts";
import type { Json, JsonObject } from "./definition.ts";
import { stepFunctionsFunctions } from "./jsonata-functions.ts";
import { boundExpression, type Evaluation, evaluationKey } from "./jsonata-limits.ts";
import type { Scope } from "./scope.ts";
import { StatesError } from "./states-error.ts";

/** An expression that could not be evaluated. History tells it in an event of its own, `EvaluationFailed`. */
export class QueryEvaluationError extends StatesError {
  /** The field of the state, and the place in it: `Output/total`, `Arguments/Entries[0]/Detail`; if there is one. */
  readonly location: string | undefined;

  constructor(cause: string, location?: string) {
    super("States.QueryEvaluationError", cause);
    this.location = location;
  }
}

/** What an expression sees: as `$states`, and the variables of the scope. */
export interface JsonataBindings {
  readonly input: Json;
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly scope: Scope;
  /** The field that holds the template, for errors: `Output`, `Choices[1]/Condition`. */
  readonly field: string;
}

/** Compiled expressions that are kept; the ones longest unused go. An expression compiles in some 20 µs. */
const COMPILED_MAX = 2_000;

const compiled = new Map<string, jsonata.Expression>();

/** The text between `{%` and `%}`, or undefined where the string is no expression. */
export function expressionOf(text: string): string | undefined {
  return text.startsWith("{%") && text.endsWith("%}") && text.length >= 4
    ? text.slice(2, -2).trim()
    : undefined;
}

/**
 * Parses an expression of JSONata.
 * @throws jsonata's own error with `code` and `message` where the syntax is wrong.
 */
export function compileJsonata(expression: string): jsonata.Expression {
  const known = compiled.get(expression);
  if (known) {
    compiled.delete(expression);
    compiled.set(expression, known);
    return known;
  }
  // the engine only constructs it from a RegExp and calls exec
  const RegexEngine = BoundRegExp as RegExpConstructor;
  const fresh = jsonata(expression, { RegexEngine });
  // Step Functions has no $eval: a call finds no function (T1006). $parse stands in for its harmless half.
  fresh.assign("eval", undefined);
  for (const { name, implementation, signature } of stepFunctionsFunctions) {
    fresh.registerFunction(name, implementation, signature);
  }
  boundExpression(fresh);
  compiled.set(expression, fresh);
  if (compiled.size > COMPILED_MAX) {
    for (const oldest of compiled.keys()) {
      compiled.delete(oldest);
      break;
    }
  }
  return fresh;
}

/**
 * Any JSON whose strings of the form `{% … %}` are expressions, with their values in place. Source: the Step Functions
 * developer guide, "Transforming data with JSONata". May take several turns of the event loop.
 * @throws QueryEvaluationError where an expression fails, finds nothing, or gives what JSON can't hold.
 */
export async function evaluateJsonata(template: Json, bindings: JsonataBindings): Promise<Json> {
  if (!holdsExpression(template)) return template;
  return fill(template, bindings.field, namesOf(bindings));
}

const plainTemplates = new WeakMap<object, boolean>();

/** Whether there is anything to evaluate; remembered, since a definition's templates are filled again and again. */
function holdsExpression(template: Json): boolean {
  if (typeof template === "string") return expressionOf(template) !== undefined;
  if (typeof template !== "object" || template === null) return false;
  const known = plainTemplates.get(template);
  if (known !== undefined) return known;
  const found = Object.values(template).some(holdsExpression);
  plainTemplates.set(template, found);
  return found;
}

function namesOf(bindings: JsonataBindings): Record<string, unknown> {
  const states: JsonObject = { input: bindings.input, context: bindings.scope.context };
  if (bindings.result !== undefined) states.result = bindings.result;
  if (bindings.errorOutput !== undefined) states.errorOutput = bindings.errorOutput;
  return { ...bindings.scope.variables, states, [evaluationKey]: { now: bindings.scope.now ?? 0 } };
}

async function fill(template: Json, field: string, names: Record<string, unknown>): Promise<Json> {
  if (typeof template === "string") {
    const expression = expressionOf(template);
    return expression === undefined ? template : evaluateExpression(expression, field, names);
  }
  if (!holdsExpression(template)) return template;
  if (Array.isArray(template)) {
    const filled: Json[] = [];
    for (const [index, value] of template.entries()) {
      filled.push(await fill(value, `${field}[${index}]`, names));
    }
    return filled;
  }
  const filled: JsonObject = {};
  for (const [name, value] of Object.entries(template as JsonObject)) {
    setOwn(filled, name, await fill(value, `${field}/${name}`, names));
  }
  return filled;
}

/**
 * The wording of the three failures is AWS's, as recorded from it in LocalStack's snapshot tests of Step Functions and
 * in floci-io/floci issues 2736 and 2737.
 */
async function evaluateExpression(
  expression: string,
  field: string,
  names: Record<string, unknown>,
): Promise<Json> {
  const sentence = `The JSONata expression '${expression}' specified for the field '${field}'`;
  // each expression has its own limits of time and depth
  const evaluation: Evaluation = { ...(names[evaluationKey] as { now: number }), depth: 0 };
  let value: unknown;
  try {
    value = await compileJsonata(expression).evaluate(undefined, {
      ...names,
      [evaluationKey]: evaluation,
    });
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const told = code ? `. ${code}: ${message}` : `: ${message}`;
    throw new QueryEvaluationError(`${sentence} threw an error during evaluation${told}`, field);
  }
  if (value === undefined) {
    throw new QueryEvaluationError(`${sentence} returned nothing (undefined).`, field);
  }
  const json = jsonOf(value);
  if (json === undefined) {
    throw new QueryEvaluationError(`${sentence} returned an unsupported result type.`, field);
  }
  return json;
}

/**
 * A value of JSONata as plain JSON: sequences lose what marks them, numbers that JSON has no literal for are written as
 * strings, as AWS does. Undefined where a function is in it.
 */
function jsonOf(value: unknown): Json | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (Array.isArray(value)) {
    const list: Json[] = [];
    for (const element of value) {
      const json = jsonOf(element);
      if (json === undefined) return undefined;
      list.push(json);
    }
    return list;
  }
  if ("_jsonata_lambda" in value || "_jsonata_function" in value) return undefined;
  const object: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const json = jsonOf(member);
    if (json === undefined) return undefined;
    setOwn(object, name, json);
  }
  return object;
}

/** A plain assignment to `__proto__` would change the object's prototype and lose the member. */
function setOwn(object: JsonObject, name: string, value: Json): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    object[name] = value;
  }
}
