/** A pattern that cannot be compiled. `reason` is AWS's own wording; `path` says where in the pattern it holds. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  readonly reason: string;
  /** `$.detail.state[0]` */
  readonly path: string;

  constructor(reason: string, path: string) {
    super(`${reason} at ${path}`);
    this.reason = reason;
    this.path = path;
  }
}
