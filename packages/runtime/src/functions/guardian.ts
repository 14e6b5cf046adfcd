import { type ChildProcess, spawn } from "node:child_process";

/**
 * Keeps a list of process groups, and kills them when its input ends, which it does however the parent dies. A busy
 * or a stopped function cannot notice by itself that it was left behind; a shell that does nothing but wait can.
 */
const SCRIPT = `pids=" "
while read -r change pid; do
  case "$change" in
    +) pids="$pids$pid " ;;
    -) case "$pids" in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "-$pid" 2>/dev/null; done`;

/** Sees to it that no execution environment outlives this process, even where this process is killed by force. */
export class Guardian {
  #shell: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();

  watch(pid: number): void {
    this.#tell(`+ ${pid}\n`);
  }

  release(pid: number): void {
    this.#tell(`- ${pid}\n`);
  }

  async stop(): Promise<void> {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
    await this.#exited;
  }

  #tell(change: string): void {
    // Windows has no process groups; there the runtimes notice by their closed pipe.
    if (process.platform === "win32") return;
    if (!this.#shell) this.#start();
    this.#shell?.stdin?.write(change);
  }

  #start(): void {
    // In a session of its own: what is sent to the parent's group (Ctrl-C, a killed terminal) must not end it first.
    const shell = spawn("/bin/sh", ["-c", SCRIPT], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: {},
    });
    shell.stdin?.on("error", () => {});
    this.#exited = new Promise((resolve) => {
      const gone = () => {
        if (this.#shell === shell) this.#shell = undefined;
        resolve();
      };
      shell.once("exit", gone);
      shell.once("error", gone);
    });
    this.#shell = shell;
  }
}
