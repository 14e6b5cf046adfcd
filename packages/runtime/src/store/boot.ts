import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Which start of the operating system this is: its own id, or (where it has none) when it was, in seconds since 1970. */
export type Boot = string | number;

/** The wall clock may be set between two looks: within so many seconds two starts are the same one. */
const BOOT_TIME_TOLERANCE_SECONDS = 10;

export function thisBoot(): Boot {
  try {
    if (process.platform === "linux")
      return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    if (process.platform === "darwin")
      return execFileSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
  } catch {
    // A sandbox may hide the id; the time of the start says nearly as much.
  }
  return Math.round(Date.now() / 1000 - uptime());
}

export function isSameBoot(left: Boot, right: Boot): boolean {
  if (typeof left === "number" && typeof right === "number")
    return Math.abs(left - right) <= BOOT_TIME_TOLERANCE_SECONDS;
  return left === right;
}
