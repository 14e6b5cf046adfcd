import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Of a process that is there, but whose start the system does not tell. */
const UNKNOWN = "unknown";
/** Where /proc/<pid>/stat has the start time, counted from the field after the command's name (proc(5)). */
const START_TIME_FIELD = 19;

/**
 * When a process was started, in a form to compare and not to read; undefined when it is gone. An id alone says
 * little: the system gives it to another process some day.
 */
export function processStart(pid: number): string | undefined {
  if (!isThere(pid)) return undefined;
  try {
    if (process.platform === "linux") return linuxStart(pid);
    if (process.platform === "win32") return UNKNOWN;
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return started.trim().replaceAll(/\W+/g, "_") || UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** Whether the process with this id that was started then is still there. */
export function stillRuns({ pid, start }: { readonly pid: number; readonly start: string }) {
  const now = processStart(pid);
  return now !== undefined && (now === start || now === UNKNOWN || start === UNKNOWN);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function linuxStart(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie holds an id and nothing else.
  if (fields[0] === "Z") return undefined;
  return fields[START_TIME_FIELD] ?? UNKNOWN;
}
