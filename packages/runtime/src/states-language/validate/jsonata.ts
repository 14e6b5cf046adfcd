import type { Json } from "../definition.ts";
import { compileJsonata, expressionOf } from "../jsonata.ts";
import type { Report } from "./report.ts";

/**
 * Where an expression stands: what runs before the work (`arguments`), the state's own `Output` and `Assign`, or a
 * catcher's, the one place that has `$states.errorOutput`.
 */
export type ExpressionPlace = "arguments" | "own" | "catcher";

/**
 * Every expression in a value of a JSONata state: its syntax, and the names that AWS knows before anything runs not to
 * exist. An expression has no context item, so a path begins at `$states` or a variable.
 * Source: floci-io/floci issues 2670, 2735 and 2745, measured with ValidateStateMachineDefinition.
 */
export function checkJsonata(
  value: Json,
  place: string,
  at: ExpressionPlace,
  report: Report,
): void {
  if (typeof value === "string") {
    checkString(value, place, at, report);
  } else if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      checkJsonata(element, `${place}[${index}]`, at, report);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      checkJsonata(member, `${place}/${name}`, at, report);
    }
  }
}

function checkString(text: string, place: string, at: ExpressionPlace, report: Report): void {
  if (!text.startsWith("{%")) return;
  const expression = expressionOf(text);
  if (expression === undefined) {
    report.schema("JSONata string must start with {% and end with %}", place);
    return;
  }
  let tree: Node;
  try {
    // the published type of the tree leaves out most of its members
    tree = compileJsonata(expression).ast() as Node;
  } catch (error) {
    report.error("INVALID_JSONATA_EXPRESSION", (error as { message: string }).message, place);
    return;
  }
  const unsupported = firstUnsupported(tree, at);
  if (unsupported !== undefined) report.error("UNSUPPORTED_JSONATA_EXPRESSION", unsupported, place);
}

/** A node of jsonata's syntax tree; which members there are depends on its type. */
interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly [member: string]: unknown;
}

/** What of a node is evaluated against another context item than the node itself: a step's filters, sorts, groups. */
const INNER_CONTEXT = new Set([
  "stages",
  "predicate",
  "group",
  "terms",
  "pattern",
  "update",
  "delete",
]);

function firstUnsupported(root: Node, at: ExpressionPlace): string | undefined {
  const pending: { readonly node: unknown; readonly top: boolean }[] = [{ node: root, top: true }];
  while (pending.length > 0) {
    const { node, top } = pending.pop()!;
    if (Array.isArray(node)) {
      for (const element of [...node].reverse()) pending.push({ node: element, top });
      continue;
    }
    if (!isNode(node)) continue;
    const wrong = unsupportedHere(node, top, at);
    if (wrong !== undefined) return wrong;
    const members = Object.entries(node).reverse();
    for (const [name, member] of members) {
      if (name === "steps") {
        const [first, ...later] = member as Node[];
        pending.push({ node: later, top: false }, { node: first, top });
      } else if (typeof member === "object") {
        pending.push({ node: member, top: top && !INNER_CONTEXT.has(name) });
      }
    }
  }
  return undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !(value instanceof RegExp);
}

function unsupportedHere(node: Node, top: boolean, at: ExpressionPlace): string | undefined {
  if (node.type === "variable" && node.value === "$") return "Reference to '$$' is not supported.";
  if (top && node.type === "name") {
    return `Reference to '${String(node.value)}' at the top level is not supported.`;
  }
  if (node.type !== "path" || !node.steps) return undefined;
  const [first, second] = node.steps;
  if (first?.type !== "variable" || first.value !== "states" || second?.type !== "name")
    return undefined;
  const field = String(second.value);
  const known = field === "input" || field === "context" || field === "result";
  if (known || (field === "errorOutput" && at === "catcher")) return undefined;
  return `Field '$states.${field}' does not exist.`;
}
