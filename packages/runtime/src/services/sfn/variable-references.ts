import type {
  Json,
  JsonObject,
  QueryLanguage,
  StateMachineDefinition,
  StatesOf,
} from "../../states-language/definition.ts";
import { compileJsonata, expressionOf } from "../../states-language/jsonata.ts";

/** A variable in a path or an intrinsic function: neither `$`, `$$` nor `$.`, and not within a quoted string. */
const VARIABLE_IN_PATH = /(?<![\w$])\$([\p{L}_][\p{L}\p{N}_]*)/gu;
const QUOTED = /'(?:\\.|[^'\\])*'/g;
/** Where a state has states of its own: they refer for themselves. */
const NESTED = new Set(["Branches", "ItemProcessor", "Iterator"]);
const FUNCTIONS = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad
  match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs
  sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each
  error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent
  decodeUrl eval toMillis fromMillis now millis clone partition range hash uuid parse`.split(/\s+/),
);

const known = new WeakMap<StateMachineDefinition, Record<string, string[]>>();

/**
 * Which variables each state refers to, in the order of the alphabet, by the names of the states, whatever their
 * depth; those that refer to none are left out. Source: recorded answers of AWS, `test_sfn_api_variable_references`
 * in localstack/localstack.
 */
export function variableReferences(definition: StateMachineDefinition): Record<string, string[]> {
  const remembered = known.get(definition);
  if (remembered) return remembered;
  const references: Record<string, string[]> = {};
  gather(definition, definition.QueryLanguage ?? "JSONPath", references);
  known.set(definition, references);
  return references;
}

function gather(
  { States }: StatesOf,
  around: QueryLanguage,
  references: Record<string, string[]>,
): void {
  for (const [name, state] of Object.entries(States)) {
    const language = state.QueryLanguage ?? around;
    const found = new Set<string>();
    for (const [field, value] of Object.entries(state)) {
      if (NESTED.has(field)) continue;
      // A state is JSON; the types of its fields say more than that.
      const template = value as Json;
      if (language === "JSONata") findInJsonata(template, found);
      else findInJsonPath(field, template, found);
    }
    if (found.size > 0) references[name] = [...found].sort();
    if (state.Type === "Parallel")
      for (const branch of state.Branches) gather(branch, around, references);
    if (state.Type === "Map") {
      const processor = state.ItemProcessor ?? state.Iterator;
      if (processor) gather(processor, around, references);
    }
  }
}

/** Only what is a path refers: `Variable`, a field that ends in `Path`, a template's key that ends in `.$`. */
function findInJsonPath(field: string, value: Json, found: Set<string>): void {
  if (typeof value === "string") {
    if (field !== "Variable" && !field.endsWith("Path") && !field.endsWith(".$")) return;
    for (const [, name] of value.replace(QUOTED, "").matchAll(VARIABLE_IN_PATH)) found.add(name!);
  } else if (Array.isArray(value)) {
    for (const element of value) findInJsonPath("", element, found);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) findInJsonPath(name, member, found);
  }
}

function findInJsonata(value: Json, found: Set<string>): void {
  if (typeof value === "string") {
    const expression = expressionOf(value);
    if (expression === undefined) return;
    const own = new Set<string>();
    const used = new Set<string>();
    // The syntax tree is plain data, though its type in jsonata's typings names few of its members.
    walkSyntax(compileJsonata(expression).ast() as unknown as Json, own, used);
    for (const name of used) if (!own.has(name)) found.add(name);
  } else if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) findInJsonata(member, found);
  }
}

/** `own` are the names that the expression binds for itself; a function that is called is no variable. */
function walkSyntax(node: Json, own: Set<string>, used: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const element of node) walkSyntax(element, own, used);
    return;
  }
  if (node.type === "variable") {
    const name = variableName(node);
    if (name !== "" && name !== "$" && name !== "states" && !FUNCTIONS.has(name)) used.add(name);
  }
  if (node.type === "bind") own.add(variableName(node.lhs as JsonObject));
  if (node.type === "lambda")
    for (const argument of node.arguments as JsonObject[]) own.add(variableName(argument));
  for (const child of Object.values(node)) walkSyntax(child, own, used);
}

function variableName({ value }: JsonObject): string {
  return String(value);
}
