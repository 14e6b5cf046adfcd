import type { WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type AlarmRecord, describeCompositeAlarm, describeMetricAlarm } from "./alarm.ts";
import { addHistory } from "./history.ts";

const DONE = {
  Create: { word: "created", member: "createdAlarm" },
  Update: { word: "updated", member: "updatedAlarm" },
  Delete: { word: "deleted", member: "deletedAlarm" },
} as const;

/** Notes in the alarm's history that it was made, changed or deleted. */
export function recordConfiguration(
  tx: WriteTransaction,
  world: World,
  alarm: AlarmRecord,
  type: "Create" | "Update" | "Delete",
  now: number,
): void {
  const { word, member } = DONE[type];
  const described =
    alarm.kind === "metric" ? describeMetricAlarm(alarm) : describeCompositeAlarm(alarm);
  const configuration = Object.fromEntries(
    Object.entries(described).map(([name, value]) => [
      name[0]!.toLowerCase() + name.slice(1),
      value,
    ]),
  );
  addHistory(tx, world, {
    alarm: alarm.name,
    alarmKind: alarm.kind,
    at: now,
    type: "ConfigurationUpdate",
    summary: `Alarm "${alarm.name}" ${word}`,
    data: JSON.stringify({ version: "1.0", type, [member]: configuration }),
  });
}
