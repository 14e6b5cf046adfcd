import { mkdtempSync, rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processStart, stillRuns } from "../process-start.ts";

/** The name says whose it is, so that what a killed process left behind is known as such. */
const NAME = /^flyball-(\d+)-(\w+)-\w{6}$/;

const open = new Set<string>();

/** Makes a directory for what is kept no longer than this process lives. */
export function createEphemeralDirectory(): string {
  const start = processStart(process.pid) ?? "unknown";
  const path = mkdtempSync(join(tmpdir(), `flyball-${process.pid}-${start}-`));
  if (open.size === 0) process.once("exit", removeAll);
  open.add(path);
  return path;
}

export function removeEphemeralDirectory(path: string): void {
  open.delete(path);
  if (open.size === 0) process.off("exit", removeAll);
  rmSync(path, { recursive: true, force: true });
}

function removeAll(): void {
  for (const path of open) rmSync(path, { recursive: true, force: true });
}

/** Removes what processes left behind that were killed before they could. */
export async function sweepEphemeralDirectories(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid, start] = NAME.exec(name) ?? [];
    if (pid === undefined || start === undefined) continue;
    if (stillRuns({ pid: Number(pid), start })) continue;
    // What is another user's stays.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}
