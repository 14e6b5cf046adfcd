import { logTurn } from "./logging.ts";
import { emitTurn } from "./metrics.ts";
import type { Turn } from "./turn.ts";

/** Tells CloudWatch of a turn that is kept: its events to the logs, what they count to the metrics. */
export function reportTurn(turn: Turn): void {
  logTurn(turn);
  emitTurn(turn);
}
