import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const READY_MS_MAX = 30_000;
const POLL_MS = 20;

export interface Surroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of a test's own, which is also where its processes put what is temporary. */
export class Scratch implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), "flyball-command-")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Of the environment of whoever runs the tests, only what a process needs: neither colours nor credentials. */
export function environment({ cwd, env }: Surroundings): Record<string, string> {
  const { PATH = "", HOME = cwd } = process.env;
  // Compiled code is kept between runs beside, and not among, what a run leaves behind.
  const NODE_COMPILE_CACHE = join(tmpdir(), "node-compile-cache");
  return { PATH, HOME, TMPDIR: cwd, NODE_COMPILE_CACHE, ...env };
}

/** Runs a command to its end, as a user would with its output in pipes. */
export async function runFlyball(words: string[], around: Surroundings): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: around.cwd,
    env: environment(around),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output.stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, ...output };
}

/** A `flyball start` that has said that it is ready. */
export class FlyballProcess implements AsyncDisposable {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #output: { stdout: string; stderr: string };
  readonly #closed: Promise<unknown>;

  private constructor(
    endpoint: string,
    child: ChildProcess,
    output: { stdout: string; stderr: string },
    closed: Promise<unknown>,
  ) {
    this.endpoint = endpoint;
    this.#child = child;
    this.#output = output;
    this.#closed = closed;
  }

  /** Starts one on any free port. Rejects with what it wrote when it ends instead. */
  static async start(words: string[], around: Surroundings): Promise<FlyballProcess> {
    const child = spawn(process.execPath, [MAIN, "start", "--port", "0", ...words], {
      cwd: around.cwd,
      env: environment(around),
      stdio: ["ignore", "pipe", "pipe"],
    });
    return FlyballProcess.ready(child);
  }

  /** Takes over a process that has been started somehow, once it says that it is ready. */
  static async ready(child: ChildProcess): Promise<FlyballProcess> {
    const output = { stdout: "", stderr: "" };
    const closed = once(child, "close");
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      output.stderr += text;
    });
    if (!child.stdout) throw new Error("its output must be a pipe");
    const lines = createInterface(child.stdout).on("line", (line) => {
      output.stdout += `${line}\n`;
    });
    const endpoint = await new Promise<string>((resolve, reject) => {
      const timer = globalThis.setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`it was not ready in time: ${output.stdout}${output.stderr}`));
      }, READY_MS_MAX);
      lines.on("line", (line) => {
        const [, found] = /^flyball ready on (http:\S+)$/.exec(line) ?? [];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
      closed.then(() => {
        clearTimeout(timer);
        reject(new Error(`it ended before it was ready: ${output.stdout}${output.stderr}`));
      });
    });
    return new FlyballProcess(endpoint, child, output, closed);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get port(): number {
    return Number(new URL(this.endpoint).port);
  }

  /** What it has written so far. */
  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  get clientConfig() {
    return {
      endpoint: this.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "000000000000", secretAccessKey: "flyball" },
    };
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has ended. */
  async ended(): Promise<Finished> {
    await this.#closed;
    return { code: this.#child.exitCode, ...this.#output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

/** The ids of all processes that descend from one. */
export function descendantsOf(ancestor: number): number[] {
  const processes = processTable();
  const found = new Set([ancestor]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  found.delete(ancestor);
  // What lists the processes is itself one for a moment.
  return [...found].filter((pid) => processTable().some((process) => process.pid === pid));
}

/** Which of these processes are still there. */
export function aliveOf(pids: readonly number[]): number[] {
  const alive = new Set(processTable().map(({ pid }) => pid));
  return pids.filter((pid) => alive.has(pid));
}

function processTable(): { pid: number; parent: number }[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" });
  return table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith("Z"))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** Looks until something is there. Rejects after so many milliseconds, saying what was waited for. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  millisecondsMax = 15_000,
): Promise<T> {
  const giveUpAt = performance.now() + millisecondsMax;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await setTimeout(POLL_MS);
  }
}

/** A function's code as `CreateFunction` takes it: one file, `index.mjs`. */
export function zipOf(code: string, file = "index.mjs"): Uint8Array {
  return zipSync({ [file]: new TextEncoder().encode(code) });
}
