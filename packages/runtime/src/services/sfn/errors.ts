import type { ValidationExceptionReason } from "@aws-sdk/client-sfn";
import { ServiceError } from "../../errors.ts";

export function validationError(message: string, reason?: ValidationExceptionReason): ServiceError {
  return new ServiceError("ValidationException", message, {
    httpStatus: 400,
    ...(reason === undefined ? {} : { fields: { reason } }),
  });
}

export function conflict(message: string): ServiceError {
  return new ServiceError("ConflictException", message);
}

/** For what an alias's ARN leads to, in the words that Step Functions has there. */
export function aliasNotFound(): ServiceError {
  return new ServiceError("ResourceNotFound", "Request references a resource that does not exist.");
}

export function resourceNotFound(arn: string): ServiceError {
  return new ServiceError("ResourceNotFound", `Resource not found: '${arn}'`, {
    fields: { resourceName: arn },
  });
}

export function invalidName(name: string): ServiceError {
  return new ServiceError("InvalidName", `Invalid Name: '${name}'`);
}
