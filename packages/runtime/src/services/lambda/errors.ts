import { ServiceError } from "../../errors.ts";

/** Every error that a caller of Lambda causes carries this type. */
const BY_THE_CALLER = { Type: "User" } as const;

export function invalidParameter(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message, { fields: BY_THE_CALLER });
}

export function resourceNotFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message, { fields: BY_THE_CALLER });
}

export function functionNotFound(functionArn: string): ServiceError {
  return resourceNotFound(`Function not found: ${functionArn}`);
}

export function resourceConflict(message: string): ServiceError {
  return new ServiceError("ResourceConflictException", message, { fields: BY_THE_CALLER });
}

/** `call` names the operation that tells the latest revision: `GetPolicy`, `GetFunction/GetAlias`. */
export function revisionMismatch(call: string): ServiceError {
  return new ServiceError(
    "PreconditionFailedException",
    `The Revision Id provided does not match the latest Revision Id. Call the ${call} API to retrieve the latest Revision Id`,
    { fields: BY_THE_CALLER },
  );
}

/** A body above a limit; the code is not in the SDK's model. */
export function entityTooLarge(message: string): ServiceError {
  return new ServiceError("RequestEntityTooLargeException", message, { httpStatus: 413 });
}

export type ThrottleReason =
  | "ReservedFunctionConcurrentInvocationLimitExceeded"
  | "ConcurrentInvocationLimitExceeded";

export function throttled(reason: ThrottleReason): ServiceError {
  return new ServiceError("TooManyRequestsException", "Rate Exceeded.", {
    fields: { Reason: reason, ...BY_THE_CALLER },
  });
}

/** The text is the one of the error's shape in the SDK. */
export function recursiveInvocation(): ServiceError {
  return new ServiceError(
    "RecursiveInvocationException",
    "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped your function's invocation.",
    { fields: BY_THE_CALLER },
  );
}

export function invalidRequestContent(message: string): ServiceError {
  return new ServiceError("InvalidRequestContentException", message, { fields: BY_THE_CALLER });
}
