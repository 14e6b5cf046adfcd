import type { Cloud } from "../../cloud.ts";
import type { OwedHandler } from "../../owed.ts";
import type { WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { oweActions } from "./action.ts";
import { type AlarmRecord, alarmKey, alarmNameOf, getAlarm } from "./alarm.ts";
import type { StateChange } from "./notification.ts";
import { asCloudWatch, keyIn } from "./world.ts";

export const HELD_ACTIONS = "cloudwatch:heldActions";

/** Actions that wait for whether their alarm's suppressor goes into ALARM. */
interface HeldActions {
  readonly world: World;
  readonly change: StateChange;
}

/**
 * Owes the actions of a change of state; those of a composite alarm with a suppressor only after its wait period,
 * and not while the suppressor is in ALARM.
 * Source: API reference, PutCompositeAlarm, `ActionsSuppressor`.
 */
export function actUnlessSuppressed(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  change: StateChange,
): void {
  const { alarm, after } = change;
  if (alarm.kind !== "composite" || alarm.suppressor === undefined) {
    oweActions(cloud, tx, world, change);
    return;
  }
  const bySuppressor = isSuppressing(getAlarm(tx, world, alarmNameOf(alarm.suppressor)));
  const heldBy = bySuppressor ? "Alarm" : "WaitPeriod";
  tx.put<AlarmRecord>(alarmKey(world, alarm.name), { ...alarm, state: { ...after, heldBy } });
  tx.put<HeldActions>(heldKey(world, alarm.suppressor, alarm.name), held(world, change));
  if (!bySuppressor) hold(cloud, tx, held(world, change), alarm.suppressorWait ?? 0);
}

/** A suppressor that leaves ALARM gives the actions that it held back free, when the extension period is over. */
export function suppressorChanged(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  { alarm, before }: StateChange,
): void {
  if (before.value !== "ALARM") return;
  for (const { value } of [
    ...tx.range<HeldActions>({ prefix: keyIn(world, "held", alarm.name) }),
  ]) {
    const composite = stillInChange(tx, value);
    if (composite?.state.heldBy !== "Alarm") continue;
    const state = { ...composite.state, heldBy: "ExtensionPeriod" as const };
    tx.put<AlarmRecord>(alarmKey(world, composite.name), { ...composite, state });
    hold(cloud, tx, value, composite.suppressorExtension ?? 0);
  }
}

/** At the end of a wait or extension period: does the actions, or holds them back as long as the suppressor says. */
export const releaseHeldActions: OwedHandler = async (
  cloud,
  { payload }: { payload: HeldActions },
) => ({
  done: true,
  commit: (tx) => {
    const { world, change } = payload;
    const composite = stillInChange(tx, payload);
    if (composite?.suppressor === undefined) return;
    const suppressing = isSuppressing(getAlarm(tx, world, alarmNameOf(composite.suppressor)));
    const heldBy = suppressing ? ("Alarm" as const) : undefined;
    const state = { ...composite.state, heldBy };
    tx.put<AlarmRecord>(alarmKey(world, composite.name), { ...composite, state });
    if (suppressing) return;
    tx.delete(heldKey(world, composite.suppressor, composite.name));
    oweActions(cloud, tx, world, { ...change, alarm: composite });
  },
});

function held({ account, region }: World, change: StateChange): HeldActions {
  return { world: { account, region }, change };
}

function hold(cloud: Cloud, tx: WriteTransaction, payload: HeldActions, seconds: number): void {
  const { world, change } = payload;
  cloud.owed.add<HeldActions>(tx, {
    kind: HELD_ACTIONS,
    caller: asCloudWatch(world, change.alarm.arn),
    payload,
    at: cloud.clock.now() + seconds * 1000,
  });
}

function heldKey(world: World, suppressor: string, composite: string) {
  return keyIn(world, "held", alarmNameOf(suppressor), composite);
}

/** The composite alarm, when it is still in the state that the actions are of. */
function stillInChange(tx: WriteTransaction, { world, change }: HeldActions) {
  const alarm = getAlarm(tx, world, change.alarm.name);
  const same = alarm?.state.transitionedAt === change.after.transitionedAt;
  return alarm?.kind === "composite" && same ? alarm : undefined;
}

function isSuppressing(suppressor: AlarmRecord | undefined): boolean {
  return suppressor?.state.value === "ALARM";
}
