import { ServiceError } from "../../errors.ts";

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
  return new ServiceError("ValidationException", message, { httpStatus: 400 });
}

/** One violated constraint in the words of AWS's request validation; `member` is in lower camel case. */
export function constraintViolated(
  value: string | number | undefined,
  member: string,
  constraint: string,
): ServiceError {
  const shown = value === undefined ? "null" : `'${value}'`;
  return validationError(
    `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

/** Refuses what is not one of `allowed`; undefined passes. */
export function checkEnum(
  value: string | undefined,
  member: string,
  allowed: readonly string[],
): void {
  if (value !== undefined && !allowed.includes(value))
    throw constraintViolated(
      value,
      member,
      `Member must satisfy enum value set: [${allowed.join(", ")}]`,
    );
}

/** Refuses a string that is shorter or longer than allowed; undefined passes. */
export function checkLength(
  value: string | undefined,
  member: string,
  least: number,
  most: number,
): void {
  if (value === undefined) return;
  if (value.length < least)
    throw constraintViolated(
      value,
      member,
      `Member must have length greater than or equal to ${least}`,
    );
  if (value.length > most)
    throw constraintViolated(
      value,
      member,
      `Member must have length less than or equal to ${most}`,
    );
}

/** Refuses a number below or above what is allowed; undefined passes. */
export function checkRange(
  value: number | undefined,
  member: string,
  least: number,
  most = Number.POSITIVE_INFINITY,
): void {
  if (value === undefined) return;
  if (value < least)
    throw constraintViolated(
      value,
      member,
      `Member must have value greater than or equal to ${least}`,
    );
  if (value > most)
    throw constraintViolated(value, member, `Member must have value less than or equal to ${most}`);
}
