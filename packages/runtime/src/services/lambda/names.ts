import { arn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { World } from "../../world.ts";
import { invalidParameter, resourceNotFound } from "./errors.ts";

/** A function, or one of its versions or aliases. */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
}

export const LATEST = "$LATEST";

const NAME_LENGTH_MAX = 64;
const REGION = "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}";
const BEFORE_NAME = `(arn:(aws[a-zA-Z-]*)?:lambda:)?(${REGION}:)?(\\d{12}:)?(function:)?`;

/**
 * The forms of a function's name that an operation takes, with the patterns and lengths of its model (botocore's
 * `lambda/2015-03-31/service-2.json`: shapes FunctionName, NamespacedFunctionName, UnqualifiedFunctionName).
 */
export const nameForms = {
  plain: {
    pattern: `${BEFORE_NAME}([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?`,
    lengthMax: 140,
  },
  namespaced: {
    pattern: `${BEFORE_NAME}([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`,
    lengthMax: 256,
  },
  unqualified: { pattern: `${BEFORE_NAME}([a-zA-Z0-9-_]+)`, lengthMax: 140 },
} as const;

const QUALIFIER_PATTERN = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
const QUALIFIER_LENGTH_MAX = 128;

const PARTS = new RegExp(
  `^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>${REGION}):)?(?:(?<account>\\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_.]+)(?::(?<qualifier>\\$LATEST|[a-zA-Z0-9-_]+))?$`,
);

/**
 * Reads `FunctionName` in all its forms (name, partial ARN, ARN, each with `:qualifier`) and `Qualifier`.
 *
 * Throws ValidationException for what is no name, InvalidParameterValueException for a name that is too long or two
 * qualifiers that differ, ResourceNotFoundException for an ARN of another Region, AccessDeniedException for one of
 * another account.
 */
export function functionReference(
  caller: World & Partial<Caller>,
  functionName: string | undefined,
  qualifier?: string,
  form: keyof typeof nameForms = "namespaced",
): FunctionReference {
  const { pattern, lengthMax } = nameForms[form];
  new Constraints()
    .required("functionName", functionName)
    .pattern("functionName", functionName, pattern)
    .length("functionName", functionName, { min: 1, max: lengthMax })
    .pattern("qualifier", qualifier, QUALIFIER_PATTERN)
    .length("qualifier", qualifier, { min: 1, max: QUALIFIER_LENGTH_MAX })
    .check("ValidationException");
  const parts = PARTS.exec(functionName ?? "")?.groups;
  const name = parts?.name;
  if (name === undefined) throw resourceNotFound(`Function not found: ${functionName}`);
  new Constraints()
    .length("functionName", name, { max: NAME_LENGTH_MAX })
    .check("InvalidParameterValueException");
  if (parts?.region !== undefined && parts.region !== caller.region)
    throw resourceNotFound(
      `Functions from '${parts.region}' are not reachable in this region ('${caller.region}')`,
    );
  if (parts?.account !== undefined && parts.account !== caller.account)
    throw accessDenied(caller, functionName ?? "");
  const derived = parts?.qualifier;
  if (derived !== undefined && qualifier !== undefined && derived !== qualifier)
    throw invalidParameter(
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  return { name, qualifier: qualifier ?? derived };
}

/** For operations on the function as a whole: the name of a function, not of a version or an alias. */
export function wholeFunctionName(caller: World, functionName: string | undefined): string {
  const { name, qualifier } = functionReference(caller, functionName, undefined, "plain");
  if (qualifier !== undefined)
    throw invalidParameter(
      "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
    );
  return name;
}

export function functionArn({ account, region }: World, name: string, qualifier?: string): string {
  const suffix = qualifier === undefined ? "" : `:${qualifier}`;
  return arn("lambda", region, account, `function:${name}${suffix}`);
}

/** Whether a qualifier names a version and not an alias. */
export function isVersion(qualifier: string): boolean {
  return qualifier === LATEST || /^\d+$/.test(qualifier);
}

function accessDenied(caller: World & Partial<Caller>, arn: string): ServiceError {
  return new ServiceError(
    "AccessDeniedException",
    `User: ${caller.principal ?? "anonymous"} is not authorized to perform this action on resource: ${arn} because no resource-based policy allows it`,
    { httpStatus: 403 },
  );
}

/** Lambda's timestamps: `2026-01-02T03:04:05.678+0000`. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "+0000");
}
