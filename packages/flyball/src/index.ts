import { startRuntime } from "@flyball/runtime";

/** How to start a cloud inside a test. */
export interface FlyballOptions {
  /** Any free port by default. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** Keep nothing: the default, unless `dataDirectory` says where to keep the state. */
  readonly ephemeral?: boolean;
  readonly dataDirectory?: string;
  /** "system" by default; with "virtual" time stands still until `advance` moves it. */
  readonly clock?: "system" | "virtual";
  /** Where a virtual clock starts, in milliseconds since 1970. */
  readonly startTime?: number;
  /** Stops loops through services that AWS's loop detection does not cover, too; otherwise they are told, and run on. */
  readonly stopUncoveredLoops?: boolean;
  /** A file with test cases of state machines, in the format of AWS's Step Functions Local. */
  readonly sfnMockConfig?: string;
}

/** One step of a chain of requests. */
export interface LoopHop {
  /** ARNs: what sent, and what took it in. */
  readonly from: string;
  readonly to: string;
  /** `lambda:Invoke`, `sqs:SendMessage`, … */
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A chain of requests that went round too often. */
export interface Loop {
  /** The chain: the trace header's `Root`. */
  readonly root: string;
  readonly account: string;
  readonly region: string;
  /** The function whose next invocation was refused; in a loop that AWS does not cover it can be another resource. */
  readonly functionArn: string;
  /** How often it had come round in the chain. */
  readonly invocations: number;
  /** Whether AWS would have stopped it. */
  readonly covered: boolean;
  /** Whether it was stopped here. */
  readonly stopped: boolean;
  /** How many invocations were refused since, or would have been. */
  readonly drops: number;
  /** The ARNs of one round, beginning with the function. */
  readonly cycle: readonly string[];
  readonly hops: readonly LoopHop[];
}

/** A cloud in this process. Use it with `await using`, or call `stop`. */
export interface Flyball extends AsyncDisposable {
  readonly endpoint: string;
  readonly port: number;
  /** What AWS clients need to reach it: `new SQSClient(flyball.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    /** Step Functions' client would put `sync-` before the host of two operations, and `sync-127.0.0.1` is nowhere. */
    readonly disableHostPrefix: true;
  };
  /** Every loop, the latest first: those that were stopped, and those that AWS would let run. */
  loops(): readonly Loop[];
  /** Moves a virtual clock; resolves when all that fell due on the way is done. Throws with the system's clock. */
  advance(milliseconds: number): Promise<void>;
  /** Forgets everything. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a cloud in this process, for tests: `await using flyball = await startFlyball({ ephemeral: true })`.
 * Rejects with the system's error when the port is taken or the directory cannot be used.
 */
export async function startFlyball(options: FlyballOptions = {}): Promise<Flyball> {
  const {
    ephemeral = options.dataDirectory === undefined,
    dataDirectory,
    port = 0,
    ...rest
  } = options;
  if (ephemeral && dataDirectory !== undefined)
    throw new TypeError("An ephemeral Flyball has no dataDirectory: give one or the other.");
  if (!ephemeral && dataDirectory === undefined)
    throw new TypeError("A Flyball that is not ephemeral needs a dataDirectory.");
  const runtime = await startRuntime({
    ...rest,
    port,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  });
  const { endpoint } = runtime;
  return {
    endpoint,
    port: runtime.port,
    clientConfig: {
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "000000000000", secretAccessKey: "flyball" },
      disableHostPrefix: true,
    },
    loops: () => runtime.cloud().chains.report().loops,
    advance: (milliseconds) => runtime.advance(milliseconds),
    reset: () => runtime.reset(),
    stop: () => runtime.stop(),
    [Symbol.asyncDispose]: () => runtime.stop(),
  };
}
