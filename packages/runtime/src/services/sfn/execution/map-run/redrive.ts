import type { Cloud } from "../../../../cloud.ts";
import type { WriteTransaction } from "../../../../store/store.ts";
import type { World } from "../../../../world.ts";
import { startedKey } from "../execution.ts";
import type { RecordedEvent } from "../history.ts";
import { writeRedrive } from "../redrive.ts";
import { beginChild, childrenOf, countOf, goOn, type MapRun, mapRunKey, moved } from "./map-run.ts";

/**
 * Goes on with a map run that did not succeed: Standard children that did not either are redriven, Express ones begin
 * anew, and those that had not begun begin in their turn. Returns the event that tells of it. Source: the Step
 * Functions developer guide, "Redriving Map Runs in Step Functions executions".
 */
export function redriveMapRun(
  tx: WriteTransaction,
  cloud: Cloud,
  world: World,
  mapRunId: string,
  place: Pick<RecordedEvent, "id" | "previousEventId">,
): RecordedEvent {
  const { stopDate: _stop, ...former } = tx.get<MapRun>(mapRunKey(world, mapRunId))!;
  const now = cloud.clock.now();
  let mapRun: MapRun = {
    ...former,
    status: "RUNNING",
    redriveCount: former.redriveCount + 1,
    redriveDate: now,
  };
  for (const child of [...childrenOf(tx, mapRun)]) {
    if (child.status === "RUNNING" || child.status === "SUCCEEDED") continue;
    const { index, itemCount } = child.dispatch!;
    mapRun = {
      ...mapRun,
      executions: moved(mapRun.executions, countOf(child), "running", 1),
      items: { ...mapRun.items, ...moved(mapRun.items, countOf(child), "running", itemCount) },
    };
    if (child.machine.type === "STANDARD") writeRedrive(tx, cloud, child);
    else {
      tx.delete([...startedKey(mapRun, mapRun.id), child.startDate, child.id]);
      beginChild(tx, cloud, mapRun, index);
    }
  }
  goOn(tx, cloud, mapRun);
  return {
    ...place,
    at: now,
    type: "MapRunRedriven",
    details: { mapRunArn: mapRun.arn, redriveCount: mapRun.redriveCount },
  };
}
