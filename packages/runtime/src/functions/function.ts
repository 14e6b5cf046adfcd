/** What an execution environment needs to know of a function's version to run it. */
export interface FunctionSpec {
  /** Identifies code and configuration: when either changes, so does the key, and new environments are made. */
  readonly key: string;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** `nodejs22.x`, `python3.13`, `provided.al2023`, … */
  readonly runtime: string;
  readonly handler: string;
  readonly memorySizeMegabytes: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The unpacked code (`/var/task` on AWS). */
  readonly codeDirectory: string;
  /** The unpacked layers, in order (`/opt` on AWS). */
  readonly layerDirectories: readonly string[];
  readonly logGroupName: string;
}

export interface Invocation {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** The whole header, as the function is to send it on: `Root=…;Parent=…;Sampled=0;Lineage=…`. */
  readonly traceHeader: string;
  readonly invokedFunctionArn: string;
  /** Base64-decoded JSON, as the Runtime API passes it on. */
  readonly clientContext?: string;
}

/** What came of an invocation. A function's own failure is a result, not a rejection. */
export interface InvocationResult {
  readonly payload: Uint8Array;
  /** Set when the function failed: its payload is then AWS's error document. */
  readonly functionError?: "Unhandled";
  /** The last 4 KB of what this invocation logged, START, END and REPORT lines included. */
  readonly logTail: string;
  readonly durationMs: number;
  /** Set when this invocation began with a cold start. */
  readonly initDurationMs?: number;
}

/** Where an environment's log lines go, in order. */
export type LogSink = (
  spec: FunctionSpec,
  logStreamName: string,
  lines: readonly { readonly timestamp: number; readonly message: string }[],
) => void;

/** Runs functions in execution environments: processes that are kept warm, reused, and killed at a timeout. */
export interface Executor {
  /** Runs one invocation in an idle environment of the function's version, or in a new one. */
  invoke(spec: FunctionSpec, invocation: Invocation): Promise<InvocationResult>;
  /** Lets the environments of a key go: idle ones at once, busy ones when they are done. */
  retire(key: string): void;
  stop(): Promise<void>;
}
