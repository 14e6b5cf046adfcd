import { Constraints } from "../../constraints.ts";
import { invalidName } from "./errors.ts";

/** Source: API reference, CreateStateMachine and CreateActivity, `name`. */
const NAME_LENGTH_MAX = 80;
const ARN_LENGTH_MAX = 256;
/** White space, brackets, wildcards, special characters, control characters, surrogates and what is no character. */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not contain them
  /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/;

/** Throws `ValidationException` on a name that is missing or too long, `InvalidName` on one with a forbidden character. */
export function checkName(name: string | undefined): asserts name is string {
  new Constraints()
    .required("name", name)
    .length("name", name, { min: 1, max: NAME_LENGTH_MAX })
    .check("ValidationException");
  if (name !== undefined && FORBIDDEN.test(name)) throw invalidName(name);
}

/** Throws `ValidationException` on an ARN that is missing or too long; whether it is one shows later. */
export function checkArnGiven(member: string, arn: string | undefined): asserts arn is string {
  new Constraints()
    .required(member, arn)
    .length(member, arn, { min: 1, max: ARN_LENGTH_MAX })
    .check("ValidationException");
}
