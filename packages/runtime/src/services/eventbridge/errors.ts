import { ServiceError } from "../../errors.ts";

/** No schema of the SDK has it; EventBridge answers with it to nearly everything that is wrong with a request. */
export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationException", message, { httpStatus: 400 });
}

/** `Parameter <name> is not valid.`, with the reason where there is one to tell. */
export function invalidParameter(name: string, reason?: string): ServiceError {
  return invalid(
    `Parameter ${name} is not valid.${reason === undefined ? "" : ` Reason: ${reason}`}`,
  );
}

export function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError("ResourceAlreadyExistsException", message);
}

/** The one sentence that EventBridge has for every quota. */
export function limitExceeded(): ServiceError {
  return new ServiceError(
    "LimitExceededException",
    "The requested resource exceeds the maximum number allowed.",
  );
}
