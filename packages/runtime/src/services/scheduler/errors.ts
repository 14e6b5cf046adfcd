import { ServiceError } from "../../errors.ts";

export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

/** `what` begins with the kind of thing: `Schedule nightly`, `Schedule group jobs`. */
export function doesNotExist(what: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", `${what} does not exist.`);
}

export function alreadyExists(what: string): ServiceError {
  return new ServiceError("ConflictException", `${what} already exists.`);
}
