import type { Clock, Timer } from "./clock.ts";

/** How often a long timer looks at the wall clock again, so that a jump (a laptop that slept) is noticed. */
const RECHECK_MS_MAX = 60_000;

/** The machine's own time. Its timers follow the wall clock: when that jumps, they are due by the new time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  setTimer(at: number, fire: () => void): Timer {
    let handle: NodeJS.Timeout;
    const arm = () => {
      const delay = Math.max(0, at - Date.now());
      handle = setTimeout(
        () => (Date.now() >= at ? fire() : arm()),
        Math.min(delay, RECHECK_MS_MAX),
      );
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  }
}
