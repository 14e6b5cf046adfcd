import type { ServiceError } from "../../../errors.ts";
import type { MemberShape, Shape, StructureShape } from "../../../gateway/model/shape.ts";
import { fieldName } from "../../../sdk-action/java-names.ts";
import { findSdkAction } from "../../../sdk-action/sdk-action.ts";
import type { Json, JsonObject } from "../../../states-language/definition.ts";
import { validationError } from "../errors.ts";
import { integrationOf, sdkNameOf } from "../task/integration.ts";
import { optimized } from "../task/optimized.ts";

/**
 * Checks a mocked result against what the action answers with: every field that is there has the right type, and, in
 * strict mode, every required one is there. What the model does not have may stand there too. Enumerations and ranges
 * are not known here. Throws `ValidationException`.
 *
 * A token's and a job's result are not the action's answer, so those are not checked.
 * Source: recorded answers of AWS, `test_field_validation_mode` in localstack/localstack.
 */
export async function checkMockedFields(
  resource: string,
  result: Json,
  strict: boolean,
): Promise<void> {
  const integration = integrationOf(resource);
  if (integration?.kind !== "service" || integration.pattern !== "requestResponse") return;
  const { resourceType, action } = integration;
  const sdk = sdkNameOf(resourceType);
  const service = sdk ?? optimized(resourceType)?.sdk;
  const found = service === undefined ? undefined : await findSdkAction(service, action);
  if (!found) return;
  const named = ({ name }: MemberShape) =>
    sdk === undefined ? name.charAt(0).toUpperCase() + name.slice(1) : fieldName(name);
  const checking: Checking = {
    named,
    strict,
    // The optimized integration parses what the function returned.
    anyTyped: new Set(resourceType === "lambda" ? ["Payload"] : []),
  };
  check(found.operation.output, result, "", checking);
}

interface Checking {
  readonly named: (member: MemberShape) => string;
  readonly strict: boolean;
  readonly anyTyped: ReadonlySet<string>;
}

function check(shape: Shape, value: Json, field: string, checking: Checking): void {
  switch (shape.kind) {
    case "string":
    case "timestamp":
    case "blob":
      expect(typeof value === "string", field, "a string");
      return;
    case "number":
      expect(typeof value === "number", field, "a number");
      return;
    case "boolean":
      expect(typeof value === "boolean", field, "a boolean");
      return;
    case "list":
      if (!Array.isArray(value)) throw misfit(field, "an array");
      for (const item of value) check(shape.member, item, field, checking);
      return;
    case "map":
      if (!isObject(value)) throw misfit(field, "an object");
      for (const item of Object.values(value)) check(shape.value, item, field, checking);
      return;
    case "structure":
      if (!isObject(value)) throw misfit(field, "an object");
      checkMembers(shape, value, checking);
      return;
    default:
      return;
  }
}

function checkMembers(
  { members, requiredCount }: StructureShape,
  value: JsonObject,
  checking: Checking,
): void {
  for (const [index, member] of members.entries()) {
    const name = checking.named(member);
    const item = value[name];
    if (item !== undefined) {
      if (!checking.anyTyped.has(name)) check(member.shape, item, name, checking);
    } else if (checking.strict && index < requiredCount) {
      throw mismatch(`Required field '${name}' is missing`);
    }
  }
}

function expect(fits: boolean, field: string, wanted: string): void {
  if (!fits) throw misfit(field, wanted);
}

function misfit(field: string, wanted: string): ServiceError {
  return mismatch(field === "" ? `Result must be ${wanted}` : `Field '${field}' must be ${wanted}`);
}

function mismatch(why: string): ServiceError {
  return validationError(`Mock result schema validation error: ${why}`);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
