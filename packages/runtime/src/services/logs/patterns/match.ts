/** A value of a log event: what a JSON selector or a field's name leads to. */
export type Value = string | number | boolean;

/** What a message that matches shows of itself. */
export interface Match {
  /** As `TestMetricFilter` tells them: `$.latency` or `$bytes` by the value's text. */
  readonly extractedValues: Readonly<Record<string, string>>;
  /** The value that `$.latency` (JSON) or `$bytes` (fields) names, for a metric's value or dimension. */
  valueOf(selector: string): Value | undefined;
}

export interface FilterPattern {
  /** Undefined when the message doesn't match. */
  match(message: string): Match | undefined;
  readonly regularExpressions: number;
}

/** For a pattern that takes nothing out of the message. */
export const NOTHING_EXTRACTED: Match = { extractedValues: {}, valueOf: () => undefined };
