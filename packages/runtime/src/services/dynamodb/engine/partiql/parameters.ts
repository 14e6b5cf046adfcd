import type { AttributeValue } from "../attribute-value.ts";
import { refusal } from "../refusal.ts";
import { validateValue } from "../validate.ts";

/** The values of a statement's question marks, in their order. */
export class Parameters {
  readonly #values: readonly AttributeValue[];
  #taken = 0;

  /** Throws ValidationException for what is no value: before anything of the statement is looked at. */
  constructor(values: readonly AttributeValue[]) {
    this.#values = values.map((value) => validateValue(value));
  }

  take(): AttributeValue {
    const value = this.#values[this.#taken++];
    if (value === undefined) throw mismatch();
    return value;
  }

  /** Throws ValidationException where values are left over. */
  checkTaken(): void {
    if (this.#taken !== this.#values.length) throw mismatch();
  }
}

function mismatch(): Error {
  return refusal("Number of parameters in request and statement don't match.");
}
