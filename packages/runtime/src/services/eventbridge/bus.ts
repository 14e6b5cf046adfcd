import type { DeadLetterConfig, LogConfig } from "@aws-sdk/client-eventbridge";
import { arn, parseArn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import type { Statement } from "../../resource-policy.ts";
import type { KeyPart, ReadTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { notFound } from "./errors.ts";
import { keyIn } from "./world.ts";

export const DEFAULT_BUS = "default";

const BUS_NAME_PATTERN = "[/\\.\\-_A-Za-z0-9]+";
const BUS_ARN_PATTERN = "(arn:aws[\\w-]*:events:[a-z]+-[a-z]+-[\\w-]+:[0-9]{12}:event-bus\\/)?";
const BUS_NAME_OR_ARN_LENGTH_MAX = 1600;

/** An event bus. */
export interface Bus {
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyIdentifier?: string;
  readonly deadLetterConfig?: DeadLetterConfig;
  readonly logConfig?: LogConfig;
  readonly statements: readonly Statement[];
  readonly tags: Tags;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** A bus, and the world that it is in. */
export interface BusPlace extends World {
  readonly name: string;
}

export function busKey(world: World, name: string): KeyPart[] {
  return keyIn(world, "bus", name);
}

export function busArn({ account, region, name }: BusPlace): string {
  return arn("events", region, account, `event-bus/${name}`);
}

/** Undefined for an ARN of anything else. */
export function parseBusArn(text: string): BusPlace | undefined {
  const parsed = parseArn(text);
  if (parsed?.service !== "events" || !parsed.resource.startsWith("event-bus/")) return undefined;
  const { account, region, resource } = parsed;
  return { account, region, name: resource.slice("event-bus/".length) };
}

/**
 * The bus that a request names, by its name in the caller's world or by its ARN; the default bus where it names
 * none. Whether it exists is not looked at. Throws `ValidationException` for what can be neither.
 */
export function busNamed({ account, region }: Caller, nameOrArn: string | undefined): BusPlace {
  if (nameOrArn === undefined) return { account, region, name: DEFAULT_BUS };
  new Constraints()
    .length("eventBusName", nameOrArn, { min: 1, max: BUS_NAME_OR_ARN_LENGTH_MAX })
    .pattern("eventBusName", nameOrArn, BUS_ARN_PATTERN + BUS_NAME_PATTERN)
    .check("ValidationException");
  return parseBusArn(nameOrArn) ?? { account, region, name: nameOrArn };
}

/** The bus as it is kept. Every world has a default bus, which is kept once it was changed. */
export function findBus(tx: ReadTransaction, place: BusPlace): Bus | undefined {
  const bus = tx.get<Bus>(busKey(place, place.name));
  if (bus || place.name !== DEFAULT_BUS) return bus;
  return { name: DEFAULT_BUS, statements: [], tags: {}, createdAt: 0, modifiedAt: 0 };
}

export function requireBus(tx: ReadTransaction, place: BusPlace): Bus {
  const bus = findBus(tx, place);
  if (!bus) throw notFound(`Event bus ${place.name} does not exist.`);
  return bus;
}
