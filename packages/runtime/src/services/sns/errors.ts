import { ServiceError } from "../../errors.ts";

/** `Invalid parameter: <detail>`, as SNS answers to nearly everything that is wrong with a request. */
export function invalidParameter(detail: string): ServiceError {
  return new ServiceError("InvalidParameterException", `Invalid parameter: ${detail}`);
}

export function notFound(what: "Topic" | "Subscription"): ServiceError {
  return new ServiceError("NotFoundException", `${what} does not exist`);
}
