import type { Cloud } from "../cloud.ts";
import { isServiceError } from "../errors.ts";
import { DONE, type Owed, type OwedOutcome } from "../owed.ts";
import type { WriteTransaction } from "../store/store.ts";
import type { HealthEvent } from "./health-event.ts";

export const HEALTH_EVENT = "chains:health-event";

/** Owes the default event bus a Health event, from the moment that the transaction commits. */
export function oweHealthEvent(cloud: Cloud, tx: WriteTransaction, payload: HealthEvent): void {
  const { account, region } = payload;
  const caller = { account, region, principal: "health.amazonaws.com" };
  cloud.owed.add<HealthEvent>(tx, { kind: HEALTH_EVENT, caller, payload });
}

/** Puts an owed Health event. A cloud without EventBridge has nobody to tell. */
export async function putHealthEvent(cloud: Cloud, owed: Owed<HealthEvent>): Promise<OwedOutcome> {
  const { source, "detail-type": detailType, time, resources, detail } = owed.payload;
  const entry = {
    Source: source,
    DetailType: detailType,
    Time: new Date(time),
    Resources: [...resources],
    Detail: JSON.stringify(detail),
  };
  try {
    await cloud.call(owed.caller, "eventbridge", "PutEvents", { Entries: [entry] });
  } catch (error) {
    if (!isServiceError(error, "NotImplemented")) throw error;
  }
  return DONE;
}
