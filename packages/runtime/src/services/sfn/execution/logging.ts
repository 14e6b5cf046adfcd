import type { Cloud } from "../../../cloud.ts";
import type { Execution } from "./execution.ts";
import type { RecordedEvent } from "./history.ts";
import type { Turn } from "./turn.ts";
export function logTurn(turn: Turn): void {
  logEvents(turn.run.cloud, turn.run.execution, turn.events);
}
export function logEvents(_cloud: Cloud, _execution: Execution, _events: RecordedEvent[]): void {}
