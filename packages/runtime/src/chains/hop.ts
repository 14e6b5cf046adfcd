/** One step of a chain of requests, for people to read. Nothing is decided by it. */
export interface Hop {
  /** The chain: the trace header's `Root`. */
  readonly root: string;
  /** What the chain carries as `Parent` into this hop; undefined at its beginning. */
  readonly parent: string | undefined;
  /** What it carries as `Parent` out of this hop: the same, unless a function was invoked. */
  readonly span: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The ARN of what sent: a function, a queue, a topic; or the principal of a caller from outside. */
  readonly from: string;
  /** The ARN of what took it in. */
  readonly to: string;
  /** `sqs:SendMessage`, `lambda:Invoke`, … */
  readonly action: string;
  /** Where a function was invoked: how often it had been on this path, as far as the header can tell. */
  readonly invocation?: { readonly depth: number; readonly count: number };
}
