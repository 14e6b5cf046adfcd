import { randomUUID } from "node:crypto";
import type { Caller } from "../../call.ts";
import type { Cloud } from "../../cloud.ts";
import { type BusPlace, busArn, findBus } from "./bus.ts";
import type { Delivery } from "./delivery.ts";
import { type Event, readEvent, type WrittenEvent } from "./event.ts";
import { DeliveryFailure } from "./failure.ts";
import { accept, goesNowhere, route } from "./ingest.ts";
import { InvalidInput } from "./input.ts";
import type { TargetArn } from "./target-service.ts";

/**
 * Sends an event on to another bus as it is: it stays its first account's and Region's. It is not a new PutEvents,
 * which could not say so. An event that came from a bus goes no further. Sources: EventBridge user guide, "Sending
 * events between event buses in the same account and Region": EventBridge can't route events received from a sender
 * event bus to a third event bus; "Sending and receiving events between AWS accounts".
 */
export async function forward(
  cloud: Cloud,
  caller: Caller,
  target: TargetArn,
  { forwarded }: Delivery,
  input: string,
): Promise<void> {
  const { account, region } = target;
  const bus: BusPlace = { account, region, name: target.resource.slice("event-bus/".length) };
  if (forwarded)
    throw new DeliveryFailure(
      "THIRD_ACCOUNT_HOP_DETECTED",
      "An event that was received from an event bus cannot be routed to a third event bus.",
    );
  if (!cloud.store.read((tx) => findBus(tx, bus)))
    throw new DeliveryFailure("NO_RESOURCE", `Event bus ${bus.name} does not exist.`);
  const written = sentOn(input, caller.region !== region);
  const { traceHeader } = await goOn(cloud, caller, bus);
  const routed = route(cloud, { bus, written, traceHeader, forwarded: true });
  if (!goesNowhere(routed)) await cloud.store.write((tx) => accept(cloud, tx, routed));
}

/** The chain of requests goes on through the rule to the bus, as the door lets it for every other target. */
async function goOn(cloud: Cloud, caller: Caller, bus: BusPlace): Promise<Caller> {
  const { source } = caller;
  if (source === undefined) return caller;
  const onward = await cloud.chains.onward({ ...caller, source }, "eventbridge");
  cloud.chains.carried(onward, busArn(bus), "eventbridge:PutEvents");
  return onward;
}

/** The event as the other bus has it. Its id stays, except in another Region. */
function sentOn(input: string, toOtherRegion: boolean): WrittenEvent {
  const written = readEvent(input);
  if (!isEvent(written.event)) throw new InvalidInput("The input is not an event.");
  if (!toOtherRegion) return written;
  const event = { ...written.event, id: randomUUID() };
  return { event, text: input.replace(JSON.stringify(written.event.id), JSON.stringify(event.id)) };
}

function isEvent(value: unknown): value is Event {
  return typeof value === "object" && value !== null && "source" in value && "detail" in value;
}
