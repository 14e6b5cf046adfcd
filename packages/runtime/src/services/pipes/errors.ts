import { ServiceError } from "../../errors.ts";

export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

/** What is wrong with one member, in the form in which AWS tells it (hashicorp/terraform-provider-aws, issue 32018). */
export function invalidMember(name: string, problem: string): ServiceError {
  const message = JSON.stringify({ ValidationErrorFields: [{ Name: name, Message: problem }] });
  return new ServiceError("ValidationException", message, {
    fields: { fieldList: [{ name, message: problem }] },
  });
}

export function notFound(name: string): ServiceError {
  return new ServiceError("NotFoundException", `Pipe ${name} does not exist.`);
}

export function conflict(name: string, problem: string): ServiceError {
  return new ServiceError("ConflictException", `Pipe ${name} ${problem}.`, {
    fields: { resourceId: name, resourceType: "pipe" },
  });
}
