import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CHECKOUT_MAIN = join(ROOT, "packages/flyball/src/main.ts");

/** A server in a process of its own. */
export interface ServerProcess {
  readonly port: number;
  readonly endpoint: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its line that says it is ready. */
  readonly readyMs: number;
  /** What it prints after that, a line a call. */
  onLine(seen: (line: string) => void): void;
  stop(): Promise<void>;
}

export interface FlyballOptions {
  /** The state's directory; undefined keeps nothing. */
  readonly dataDirectory?: string;
  /** The command's file: the checkout's by default. */
  readonly main?: string;
  readonly flags?: readonly string[];
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export function startFlyball({
  dataDirectory,
  main = CHECKOUT_MAIN,
  flags = [],
  environment = {},
}: FlyballOptions = {}): Promise<ServerProcess> {
  const state = dataDirectory === undefined ? ["--ephemeral"] : ["--data-dir", dataDirectory];
  return startServer([main, "start", "--port", "0", ...state, ...flags], environment);
}

/** What a bench/bare.ts of its own listens as, to compare with. */
export function startBare(kind: "echo" | "handler"): Promise<ServerProcess> {
  return startServer([join(ROOT, "bench/bare.ts"), kind]);
}

/** The DynamoDB that Flyball's is compared with, its data on the same disk. */
export function startDynalite(dataDirectory: string): Promise<ServerProcess> {
  return startServer([join(ROOT, "bench/dynalite.ts"), dataDirectory]);
}

/** The interpreter of state machines that Flyball's is compared with, behind a port. */
export function startLocalStepFunctions(): Promise<ServerProcess> {
  return startServer([join(ROOT, "bench/local-stepfunctions.ts")]);
}

/** Starts Node with these arguments, and resolves when it has printed a line with an endpoint in it. */
async function startServer(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, words, {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: ROOT,
    env: { ...process.env, ...environment },
  });
  const lines = createInterface({ input: child.stdout });
  let seen: (line: string) => void = () => {};
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${words.join(" ")} ended with ${code}`)));
    lines.on("line", (line) => {
      const found = /http:\/\/[\w.]+:\d+/.exec(line)?.[0];
      if (found) resolve(found);
      seen(line);
    });
  });
  const readyMs = performance.now() - startedAt;
  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    pid: child.pid as number,
    readyMs,
    onLine: (callback) => {
      seen = callback;
    },
    stop: () => stopped(child),
  };
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners("exit").once("exit", () => resolve());
    child.kill("SIGINT");
  });
}

/** Milliseconds that a command takes from its start to its end. */
export function timeOf(file: string, words: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    spawn(file, words, { stdio: "ignore" })
      .once("error", reject)
      .once("exit", () => resolve(performance.now() - startedAt));
  });
}

export function residentMegabytes(pid: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024;
}

/** An empty directory on the disk that the checkout lies on (a temporary one may be memory). */
export function makeDirectory(): { path: string; remove(): void } {
  const parent = join(ROOT, "node_modules/.cache/flyball-bench");
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(parent, "run-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
