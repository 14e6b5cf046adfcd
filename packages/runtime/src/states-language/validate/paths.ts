import type { Json } from "../definition.ts";
import { compileIntrinsic, isIntrinsic } from "../intrinsics/intrinsic.ts";
import { compilePath, PathError } from "../jsonpath/path.ts";
import type { Report } from "./report.ts";

/** A field whose value is a path; with `intrinsics`, it may be a call of an intrinsic function too. */
export function checkPath(
  value: Json,
  place: string,
  report: Report,
  options: { readonly intrinsics?: boolean } = {},
): void {
  if (!report.isA("string", value, place)) return;
  const text = value as string;
  if (options.intrinsics && isIntrinsic(text) ? isCall(text) : isPath(text)) return;
  report.schema("Value must be a valid JSONPath.", place);
}

/** Where a reference path may begin: in the input alone, at a variable too, or at the Context object as well. */
export type ReferenceRoot = "input" | "variable" | "context";

const ROOTS: Readonly<Record<ReferenceRoot, ReadonlySet<string>>> = {
  input: new Set(["input"]),
  variable: new Set(["input", "variable"]),
  context: new Set(["input", "variable", "context"]),
};

/** A path that names one place: no wildcard, filter or function. */
export function checkReferencePath(
  value: Json,
  place: string,
  report: Report,
  root: ReferenceRoot,
): void {
  if (!report.isA("string", value, place)) return;
  const text = value as string;
  if (!isPath(text)) {
    report.schema("Value must be a valid JSONPath.", place);
    return;
  }
  const path = compilePath(text);
  if (!path.isReference || !ROOTS[root].has(path.parsed.root.kind)) {
    report.schema("Value is not a Reference Path", place);
  }
}

/** `Variable` and the comparisons with a path of a Choice rule: seen with this ending in AWS's answers. */
export function checkVariable(value: Json, place: string, report: Report): void {
  if (!report.isA("string", value, place)) return;
  if (!(value as string).startsWith("$")) {
    report.schema("Value is not a Reference Path: Reference path didn't start with '$'", place);
  } else if (!isPath(value as string)) {
    report.schema("Value must be a valid JSONPath.", place);
  }
}

/**
 * A payload template: what ends in `.$` is a path or a call. The place of an error is that of the object that the field
 * stands in.
 */
export function checkTemplate(template: Json, place: string, report: Report): void {
  if (Array.isArray(template)) {
    for (const [index, element] of template.entries())
      checkTemplate(element, `${place}[${index}]`, report);
    return;
  }
  if (typeof template !== "object" || template === null) return;
  for (const [name, value] of Object.entries(template)) {
    if (!name.endsWith(".$")) {
      if (typeof value === "string" && looksLikePath(value)) {
        report.warn(
          "NO_DOLLAR",
          `The value of the field '${name}' looks like a path or an intrinsic function, but the name of the field does not end with '.$'`,
          `${place}/${name}`,
        );
      }
      checkTemplate(value, `${place}/${name}`, report);
    } else if (typeof value !== "string" || !(isIntrinsic(value) ? isCall(value) : isPath(value))) {
      report.schema(
        `The value for the field '${name}' must be a valid JSONPath or a valid intrinsic function call`,
        place,
      );
    }
  }
}

/** What an author probably meant to be evaluated. */
export function looksLikePath(text: string): boolean {
  return /^\$(?:\$?[.[]|\$?$)/.test(text) || /^States\.[A-Z]\w*\(/.test(text);
}

function isPath(text: string): boolean {
  return compiles(() => compilePath(text));
}

function isCall(text: string): boolean {
  return compiles(() => compileIntrinsic(text));
}

function compiles(compile: () => unknown): boolean {
  try {
    compile();
    return true;
  } catch (error) {
    if (error instanceof PathError) return false;
    throw error;
  }
}
