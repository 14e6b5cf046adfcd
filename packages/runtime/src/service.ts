import type { Call, Caller } from "./call.ts";
import type { Cloud } from "./cloud.ts";
import type { OwedHandler } from "./owed.ts";
import type { InputOf, OperationName, OutputOf, ServiceName } from "./sdk.ts";

export type Operation<Input, Output> = (call: Call, input: Input) => Output | Promise<Output>;

/** One operation of a service by its SDK name, to type a function: `const sendMessage: OperationOf<"sqs", "SendMessage">`. */
export type OperationOf<S extends ServiceName, O extends OperationName<S>> = Operation<
  InputOf<S, O>,
  OutputOf<S, O>
>;

/** A table from operation names to functions, each typed by the SDK's own input and output. */
export type OperationTable<S extends ServiceName> = {
  readonly [O in OperationName<S>]?: OperationOf<S, O>;
};

export interface ServiceDefinition<S extends ServiceName = ServiceName> {
  readonly name: S;
  readonly operations: OperationTable<S>;
  /**
   * The operations by which a chain of requests goes on, each with the ARN of the resource that takes it in, or of
   * several. The door records these as hops.
   */
  readonly carries?: {
    readonly [O in OperationName<S>]?: (
      caller: Caller,
      input: InputOf<S, O>,
    ) => string | readonly string[];
  };
  /**
   * Told of each call when it has ended, of those too that a fault befell at the door: for metrics that count requests.
   * It is on the way of every answer, and must not throw.
   */
  readonly ended?: (call: Call, ended: EndedCall) => void;
  /** How what this service owes is done, by kind; a kind is named `<service>:<what>`. */
  readonly owed?: Readonly<Record<string, OwedHandler>>;
  /** Rebuilds from the store what is only derived (timers, pollers), once, before the first call. Returns how to stop it. */
  readonly start?: (cloud: Cloud) => (() => Promise<void> | void) | undefined;
}

/** A call when it has ended. */
export interface EndedCall {
  readonly operation: string;
  readonly input: unknown;
  readonly outcome: { readonly output: unknown } | { readonly error: unknown };
  /** In real time, whatever the clock. */
  readonly tookMs: number;
}

/** The definition of any one service. */
export type AnyServiceDefinition = { [S in ServiceName]: ServiceDefinition<S> }[ServiceName];

/**
 * A service is its SDK's name and a table of operations. An operation that the SDK knows and the table lacks
 * answers with `NotImplemented`; one that the SDK does not know is a compile error.
 */
export function defineService<S extends ServiceName>(
  definition: ServiceDefinition<S>,
): ServiceDefinition<S> {
  return definition;
}
