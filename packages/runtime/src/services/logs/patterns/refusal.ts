import { ServiceError } from "../../../errors.ts";

/** AWS says no more of a pattern that it cannot read: aws/aws-toolkit-jetbrains issue 3219. */
export function invalidPattern(message = "Invalid filter pattern"): ServiceError {
  return new ServiceError("InvalidParameterException", message);
}

/** A character that stands where none like it may: ministryofjustice/modernisation-platform-environments pull 5137. */
export function invalidCharacter(character: string): ServiceError {
  return invalidPattern(`Invalid character(s) in term '${character}'`);
}
