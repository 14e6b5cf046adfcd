import type { Json, JsonObject } from "../definition.ts";

/** What ValidateStateMachineDefinition says of a definition. */
export interface Diagnostic {
  readonly severity: "ERROR" | "WARNING";
  readonly code: DiagnosticCode;
  readonly message: string;
  /** `/States/Foo/Choices[0]/Next`; AWS gives none for some. */
  readonly location?: string;
}

/** Source: the API reference, "ValidateStateMachineDefinitionDiagnostic"; the last four seen in AWS's answers. */
export type DiagnosticCode =
  | "INVALID_JSON_DESCRIPTION"
  | "MISSING_DESCRIPTION"
  | "SCHEMA_VALIDATION_FAILED"
  | "INVALID_RESOURCE"
  | "MISSING_END_STATE"
  | "DUPLICATE_STATE_NAME"
  | "INVALID_STATE_NAME"
  | "DUPLICATE_LABEL_NAME"
  | "INVALID_LABEL_NAME"
  | "MISSING_TRANSITION_TARGET"
  | "TOO_DEEPLY_NESTED"
  | "NO_DOLLAR"
  | "NO_PATH"
  | "PASS_RESULT_IS_STATIC"
  | "INVALID_JSONATA_EXPRESSION"
  | "UNSUPPORTED_JSONATA_EXPRESSION"
  | "INVALID_VARIABLE_NAME"
  | "RESERVED_VARIABLE_NAME";

const TYPES = { string: "STRING", boolean: "BOOLEAN", object: "OBJECT", array: "ARRAY" } as const;

/**
 * Collects what is wrong with a definition, in the order of its fields. The wording of the methods is AWS's, as measured
 * in us-east-1 by the authors of floci (issues 2735, 2968, 3733) and of cdk_preflight's rules for Step Functions.
 */
export class Report {
  readonly diagnostics: Diagnostic[] = [];

  error(code: DiagnosticCode, message: string, location?: string): void {
    this.diagnostics.push({
      severity: "ERROR",
      code,
      message,
      ...(location === undefined ? {} : { location }),
    });
  }

  warn(code: DiagnosticCode, message: string, location: string): void {
    this.diagnostics.push({ severity: "WARNING", code, message, location });
  }

  schema(message: string, location: string): void {
    this.error("SCHEMA_VALIDATION_FAILED", message, location);
  }

  get hasErrors(): boolean {
    return this.diagnostics.some(({ severity }) => severity === "ERROR");
  }

  /** Says so, and false, where the value is of another type. */
  isA(type: keyof typeof TYPES, value: Json, location: string): boolean {
    const actual = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    if (actual === type) return true;
    this.schema(`Expected value of type [${TYPES[type]}]`, location);
    return false;
  }

  isObject(value: Json | undefined, location: string): value is JsonObject {
    return value !== undefined && this.isA("object", value, location);
  }

  /** A list with something in it. */
  isList(value: Json | undefined, location: string): value is Json[] {
    if (value === undefined || !this.isA("array", value, location)) return false;
    if ((value as Json[]).length > 0) return true;
    this.schema("Value cannot be empty", location);
    return false;
  }

  requires(object: JsonObject, names: readonly string[], location: string): void {
    const missing = names.filter((name) => !Object.hasOwn(object, name));
    if (missing.length > 0)
      this.schema(`These fields are required: [${missing.join(", ")}]`, location);
  }

  allowsOnly(object: JsonObject, names: ReadonlySet<string>, location: string): void {
    for (const name of Object.keys(object)) {
      if (!names.has(name)) this.schema(`Field '${name}' is not supported`, location);
    }
  }

  atMostOne(object: JsonObject, names: readonly string[], location: string): void {
    if (names.filter((name) => Object.hasOwn(object, name)).length > 1) {
      this.schema(
        `There should only be one of the following fields: [${names.join(", ")}]`,
        location,
      );
    }
  }

  exactlyOne(object: JsonObject, names: readonly string[], location: string): void {
    if (names.some((name) => Object.hasOwn(object, name))) this.atMostOne(object, names, location);
    else
      this.schema(
        `This object should have only one of the following fields: [${names.join(", ")}]`,
        location,
      );
  }

  isOneOf(value: Json, names: readonly string[], location: string): void {
    if (!this.isA("string", value, location)) return;
    if (!names.includes(value as string)) {
      this.schema(`Value should be one of the following: [${names.join(", ")}]`, location);
    }
  }

  isInteger(
    value: Json,
    range: { readonly min?: number; readonly max?: number },
    location: string,
  ): void {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      this.schema("Expected value of type Integer", location);
    } else {
      this.isInRange(value, range, location, String);
    }
  }

  isNumber(
    value: Json,
    range: { readonly min?: number; readonly max?: number },
    location: string,
  ): void {
    if (typeof value !== "number") this.schema("Expected value of type Number", location);
    else this.isInRange(value, range, location, (limit) => limit.toFixed(1));
  }

  private isInRange(
    value: number,
    { min, max }: { readonly min?: number; readonly max?: number },
    location: string,
    told: (limit: number) => string,
  ): void {
    if (min !== undefined && value < min) this.schema(`Minimum value is ${told(min)}`, location);
    if (max !== undefined && value > max) this.schema(`Maximum value is ${told(max)}`, location);
  }
}
