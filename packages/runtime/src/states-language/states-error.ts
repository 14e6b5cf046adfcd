/**
 * An error as a state machine sees it: a name that Retry and Catch match (`States.TaskFailed`,
 * `Lambda.TooManyRequestsException`, a function's own), and a cause that people read.
 */
export class StatesError extends Error {
  override readonly name = "StatesError";
  readonly error: string;
  override readonly cause: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.error = error;
    this.cause = cause;
  }

  /** What a Catch, and `$states.errorOutput`, see. */
  get output(): { readonly Error: string; readonly Cause: string } {
    return { Error: this.error, Cause: this.cause };
  }
}
