import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Activity } from "../clock/activity.ts";
import type { Clock } from "../clock/clock.ts";
import { SystemClock } from "../clock/system.ts";
import { createExecutor } from "./executor.ts";
import type { Executor, FunctionSpec, Invocation, InvocationResult } from "./function.ts";

export interface LoggedLine {
  readonly stream: string;
  readonly message: string;
  readonly timestamp: number;
}

interface Change {
  readonly spec?: Partial<FunctionSpec>;
  readonly invocation?: Partial<Invocation>;
}

/** An executor with the code of one function in a folder of its own, both gone after the test. */
export interface Bench extends AsyncDisposable {
  readonly executor: Executor;
  readonly spec: FunctionSpec;
  readonly directory: string;
  readonly lines: LoggedLine[];
  /** `T` is what the function answers, or the error document. */
  invoke<T = unknown>(
    event?: unknown,
    change?: Change,
  ): Promise<InvocationResult & { readonly value: T }>;
  messages(): string;
}

export const TRACE_HEADER =
  "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a87bd80c:0";

let invocations = 0;
export function requestId(): string {
  invocations += 1;
  return `4f6c7f2e-0000-4000-8000-${String(invocations).padStart(12, "0")}`;
}

export async function bench(
  files: Readonly<Record<string, string>>,
  spec: Partial<FunctionSpec> = {},
  {
    clock = new SystemClock(),
    activity = new Activity(),
  }: { clock?: Clock; activity?: Activity } = {},
): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), "flyball-functions-"));
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: name.endsWith("bootstrap") ? 0o755 : 0o644 });
  }
  const lines: LoggedLine[] = [];
  const executor = createExecutor({
    clock,
    activity,
    endpoint: () => "http://127.0.0.1:4566",
    log: (_spec, stream, logged) => {
      for (const line of logged) lines.push({ stream, ...line });
    },
  });
  const whole: FunctionSpec = {
    key: "greeter:1",
    account: "123456789012",
    region: "eu-central-1",
    functionName: "greeter",
    version: "$LATEST",
    runtime: "nodejs22.x",
    handler: "index.handler",
    memorySizeMegabytes: 256,
    timeoutSeconds: 10,
    environment: {},
    codeDirectory: directory,
    layerDirectories: [],
    logGroupName: "/aws/lambda/greeter",
    ...spec,
  };
  return {
    executor,
    spec: whole,
    directory,
    lines,
    messages: () => lines.map(({ message }) => message).join(""),
    invoke: async <T>(event: unknown = {}, change: Change = {}) => {
      const result = await executor.invoke(
        { ...whole, ...change.spec },
        {
          requestId: requestId(),
          payload: Buffer.from(JSON.stringify(event)),
          traceHeader: TRACE_HEADER,
          invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:greeter",
          ...change.invocation,
        },
      );
      // A test knows what its function answers, and compares it.
      return { ...result, value: JSON.parse(Buffer.from(result.payload).toString()) as T };
    },
    async [Symbol.asyncDispose]() {
      await executor.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
