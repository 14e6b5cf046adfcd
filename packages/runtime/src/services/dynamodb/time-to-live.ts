import type { TimeToLiveDescription } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import type { OwedHandler } from "../../owed.ts";
import type { OperationOf } from "../../service.ts";
import type { KeyPart, WriteTransaction } from "../../store/store.ts";
import { bySteps } from "./by-steps.ts";
import { refusal } from "./engine/index.ts";
import { clearExpiries, scheduleExpiry } from "./expiry-schedule.ts";
import { type ItemPlace, type StoredItem, spaceKey } from "./storage.ts";
import {
  changeTable,
  findTable,
  noSuchTable,
  putTable,
  readTable,
  type TableName,
  type TableRecord,
} from "./table.ts";
import { checkTableName } from "./table-checks.ts";

/** Items looked at in one transaction while their expiries are put in order, or these cleared. */
const ITEMS_MAX = 500;

export const SCHEDULE_ALL = "dynamodb:schedule-expiries";
export const UNSCHEDULE_ALL = "dynamodb:unschedule-expiries";

/**
 * UpdateTimeToLive. On AWS it takes up to an hour, in which it can't be changed again; here as long as it takes to look
 * through the items.
 */
export const updateTimeToLive: OperationOf<"dynamodb", "UpdateTimeToLive"> = async (
  call,
  input,
) => {
  checkTableName(input.TableName);
  const { TimeToLiveSpecification: wanted } = input;
  new Constraints()
    .required("timeToLiveSpecification", wanted)
    .required("timeToLiveSpecification.attributeName", wanted?.AttributeName)
    .length("timeToLiveSpecification.attributeName", wanted?.AttributeName, { min: 1, max: 255 })
    .required("timeToLiveSpecification.enabled", wanted?.Enabled)
    .check("ValidationException");
  const named = findTable(call, input.TableName!);
  if (!named) throw noSuchTable(input.TableName!);
  const attributeName = wanted!.AttributeName!;
  await call.cloud.store.write((tx) =>
    changeTable(call.cloud, tx, named, (table) =>
      wanted!.Enabled
        ? enable(call, tx, table, attributeName)
        : disable(call, tx, table, attributeName),
    ),
  );
  return { TimeToLiveSpecification: { AttributeName: attributeName, Enabled: wanted!.Enabled } };
};

function enable(
  { cloud, caller }: Call,
  tx: WriteTransaction,
  table: TableRecord,
  attributeName: string,
): TableRecord {
  if (table.timeToLive?.attributeName === attributeName)
    throw refusal("TimeToLive is already enabled");
  if (table.timeToLive) {
    throw refusal(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${table.timeToLive.attributeName}`,
    );
  }
  cloud.owed.add(tx, { kind: SCHEDULE_ALL, caller, payload: nameOf(table) });
  return { ...table, timeToLive: { attributeName, ready: false } };
}

function disable(
  { cloud, caller }: Call,
  tx: WriteTransaction,
  table: TableRecord,
  attributeName: string,
): TableRecord {
  if (!table.timeToLive) throw refusal("TimeToLive is already disabled");
  if (table.timeToLive.attributeName !== attributeName) {
    throw refusal(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${table.timeToLive.attributeName}`,
    );
  }
  cloud.owed.add(tx, { kind: UNSCHEDULE_ALL, caller, payload: nameOf(table) });
  const { timeToLive: _timeToLive, ...rest } = table;
  return rest;
}

/** DescribeTimeToLive. */
export const describeTimeToLive: OperationOf<"dynamodb", "DescribeTimeToLive"> = (call, input) => {
  checkTableName(input.TableName);
  const table = findTable(call, input.TableName!);
  if (!table) throw noSuchTable(input.TableName!);
  return { TimeToLiveDescription: descriptionOf(table) };
};

function descriptionOf({ timeToLive }: TableRecord): TimeToLiveDescription {
  if (!timeToLive) return { TimeToLiveStatus: "DISABLED" };
  return {
    TimeToLiveStatus: timeToLive.ready ? "ENABLED" : "ENABLING",
    AttributeName: timeToLive.attributeName,
  };
}

interface Named extends TableName {
  readonly id: string;
  readonly space: number;
}

function nameOf({ account, region, name, id, space }: TableRecord): Named {
  return { account, region, name, id, space };
}

/** Puts the items that were there before into the order of their expiries. It can begin anew after a crash. */
export const scheduleAll: OwedHandler = (cloud, { payload }) =>
  // Only enable owes this kind.
  bySteps(cloud, (tx, from) => scheduleSome(cloud, tx, payload as Named, from));

function scheduleSome(
  cloud: Cloud,
  tx: WriteTransaction,
  named: Named,
  from: readonly KeyPart[],
): readonly KeyPart[] | undefined {
  const table = readTable(tx, named);
  if (table?.id !== named.id || !table.timeToLive) return undefined;
  const prefix = spaceKey(table.space);
  const some = [...tx.range<StoredItem>({ prefix, from, limit: ITEMS_MAX })];
  for (const { key, value } of some) {
    // The parts of a table's key behind its space are a place.
    const place = key.slice(prefix.length) as unknown as ItemPlace;
    scheduleExpiry(cloud, tx, table, place, undefined, value[1]);
  }
  if (some.length === ITEMS_MAX) return some.at(-1)!.key.slice(prefix.length);
  putTable(cloud, tx, { ...table, timeToLive: { ...table.timeToLive, ready: true } });
  return undefined;
}

/** Clears what was in order when expiry was switched off. Where it has been switched on again, all begins anew. */
export const unscheduleAll: OwedHandler = async (cloud, { payload, caller }) => {
  // Only disable owes this kind.
  const named = payload as Named;
  const some = (tx: WriteTransaction) => clearExpiries(tx, named.space, ITEMS_MAX);
  while (!cloud.stopping.aborted && (await cloud.store.write(some)));
  const commit = (tx: WriteTransaction) => {
    if (readTable(tx, named)?.timeToLive)
      cloud.owed.add(tx, { kind: SCHEDULE_ALL, caller, payload: named });
  };
  return { done: true, commit };
};
