import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";

const VALIDATION = "ValidationException";

/** `InvalidParameterValue` on the Query wire. */
export function invalidValue(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}

/** `InvalidParameterCombination` on the Query wire. */
export function invalidCombination(message: string): ServiceError {
  return new ServiceError("InvalidParameterCombinationException", message);
}

/** `MissingParameter` on the Query wire. */
export function missingParameter(name: string): ServiceError {
  return new ServiceError(
    "MissingRequiredParameterException",
    `The parameter ${name} is required.`,
  );
}

/** `ValidationError` on the Query wire. */
export function validationError(message: string): ServiceError {
  return new ServiceError(VALIDATION, message, { httpStatus: 400 });
}

/** Refuses a member that is missing; `member` is in lower camel case, here and below. */
export function checkRequired<T>(
  value: T | undefined,
  member: string,
): asserts value is Exclude<T, undefined> {
  new Constraints().required(member, value).check(VALIDATION);
}

/** Refuses what is not one of `allowed`; undefined passes. */
export function checkEnum(
  value: string | undefined,
  member: string,
  allowed: readonly string[],
): void {
  new Constraints().oneOf(member, value, allowed).check(VALIDATION);
}

/** Refuses a string or list that is shorter or longer than allowed; undefined passes. */
export function checkLength(
  value: string | readonly string[] | undefined,
  member: string,
  min: number,
  max: number,
): void {
  new Constraints().length(member, value, { min, max }).check(VALIDATION);
}

/** Refuses a number below or above what is allowed; undefined passes. */
export function checkRange(
  value: number | undefined,
  member: string,
  min: number,
  max = Number.POSITIVE_INFINITY,
): void {
  new Constraints().range(member, value, { min, max }).check(VALIDATION);
}

/** Refuses a string that is not of AWS's pattern; undefined passes. */
export function checkPattern(value: string | undefined, member: string, pattern: string): void {
  new Constraints().pattern(member, value, pattern).check(VALIDATION);
}
