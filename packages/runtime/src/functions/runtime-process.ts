import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import type { Guardian } from "./guardian.ts";
import { LogLines } from "./log-lines.ts";
import { InvalidEntrypoint, type RuntimeCommand } from "./runtimes.ts";

const RUNTIME_API_FD = 3;
const MEGABYTE_KILOBYTES = 1024;
/** How old a figure of memory may be: reading it costs more than a short invocation. */
const MEMORY_AGE_MS_MAX = 200;

export interface ProcessListeners {
  /** Log messages, in order, each ending in a newline. */
  readonly logged: (messages: string[]) => void;
  /** Called once, when the process is gone, in AWS's words: `exit status 1`, `signal: killed`; undefined after exit 0. */
  readonly exited: (reason: string | undefined) => void;
}

/** The process (group) that a runtime runs in. */
export class RuntimeProcess {
  readonly #child: ChildProcess;
  readonly #output: LogLines[];
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  #alive = true;
  #memoryMegabytes = 0;
  #memoryReadAt = Number.NEGATIVE_INFINITY;

  constructor(
    command: RuntimeCommand,
    cwd: string,
    variables: Readonly<Record<string, string>>,
    guardian: Guardian,
    { logged, exited }: ProcessListeners,
  ) {
    this.#child = started(command, cwd, variables);
    this.#output = [this.#child.stdout, this.#child.stderr].map((stream) => {
      const lines = new LogLines(logged);
      stream?.on("data", (chunk: Buffer) => lines.write(chunk));
      stream?.on("error", () => {});
      return lines;
    });
    if (this.#child.pid !== undefined) guardian.watch(this.#child.pid);
    this.gone = new Promise((resolve) => {
      const ended = (reason: string | undefined) => {
        if (!this.#alive) return;
        this.#alive = false;
        // The rest of its group goes before its id may be another's.
        this.kill();
        if (this.#child.pid !== undefined) guardian.release(this.#child.pid);
        exited(reason);
        resolve();
      };
      this.#child.once("error", (error: NodeJS.ErrnoException) => {
        if (this.#child.pid === undefined) ended(`fork/exec ${command.file}: ${inWords(error)}`);
      });
      this.#child.once("exit", (code, signal) => ended(exitReason(code, signal)));
    });
  }

  /** The end of the private pipe to the runtime's file descriptor 3, where it has one. */
  get pipe(): Socket | undefined {
    const pipe = this.#child.stdio[RUNTIME_API_FD];
    return pipe instanceof Socket ? pipe : undefined;
  }

  /** Whether the process could not be started at all. */
  get neverStarted(): boolean {
    return this.#child.pid === undefined;
  }

  /** Turns a last line without a newline into a message. */
  flushOutput(): void {
    for (const lines of this.#output) lines.flush();
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      // ESRCH: all of the group is gone already.
    }
  }

  /** Stops reading its output, which a process that left its group may hold open. */
  close(): void {
    for (const stream of [this.#child.stdout, this.#child.stderr, this.pipe]) stream?.destroy();
  }

  /** The most memory that the process has held so far, or 0 where the system does not tell. */
  memoryUsedMegabytes(): number {
    const now = performance.now();
    if (
      !this.#alive ||
      process.platform !== "linux" ||
      now - this.#memoryReadAt < MEMORY_AGE_MS_MAX
    )
      return this.#memoryMegabytes;
    this.#memoryReadAt = now;
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, "latin1");
      const peak = /^VmHWM:\s*(\d+) kB/m.exec(status)?.[1];
      if (peak !== undefined) this.#memoryMegabytes = Math.ceil(Number(peak) / MEGABYTE_KILOBYTES);
    } catch {
      // It ended a moment ago; the last figure stands.
    }
    return this.#memoryMegabytes;
  }
}

/** @throws InvalidEntrypoint: the system refuses to start it, for instance with an environment that large. */
function started(
  command: RuntimeCommand,
  cwd: string,
  env: Readonly<Record<string, string>>,
): ChildProcess {
  try {
    return spawn(command.file, command.args, {
      cwd,
      env,
      // A group of its own, so that what a function starts ends with it.
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe", ...(command.usesPipe ? (["pipe"] as const) : [])],
    });
  } catch (error) {
    // What spawn throws is a system error.
    throw new InvalidEntrypoint(
      `fork/exec ${command.file}: ${inWords(error as NodeJS.ErrnoException)}`,
    );
  }
}

/** As Go words it, in which AWS's sandbox is written. */
function exitReason(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `signal: ${SIGNALS[signal] ?? `signal ${constants.signals[signal]}`}`;
  return code === 0 ? undefined : `exit status ${code}`;
}

const SIGNALS: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGHUP: "hangup",
  SIGILL: "illegal instruction",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGQUIT: "quit",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
  SIGTRAP: "trace/breakpoint trap",
};

function inWords(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such file or directory";
  if (error.code === "EACCES") return "permission denied";
  if (error.code === "ENOEXEC") return "exec format error";
  return error.message;
}
