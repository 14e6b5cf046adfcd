import { ServiceError } from "../../errors.ts";

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError("NoSuchEntityException", message);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError("EntityAlreadyExistsException", message);
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError("DeleteConflictException", message);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceededException", message);
}

export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationError", message, { httpStatus: 400 });
}
