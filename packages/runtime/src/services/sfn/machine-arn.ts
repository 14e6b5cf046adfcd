import { arn } from "../../arn.ts";
import { ServiceError } from "../../errors.ts";
import type { World } from "../../world.ts";

/** The ARN of a state machine, of one of its versions or aliases, or of a distributed Map in it. */
export interface MachineArn extends World {
  /** As it was given. */
  readonly text: string;
  /** Of the state machine itself. */
  readonly arn: string;
  readonly name: string;
  /** The label of a distributed Map: `…:stateMachine:name/label`. */
  readonly label?: string;
  /** The number of a version. */
  readonly version?: number;
  /** The name of an alias. */
  readonly alias?: string;
}

/** The ARN of an activity. */
export interface ActivityArn extends World {
  readonly arn: string;
  readonly name: string;
}

interface StatesArn extends World {
  readonly type: string;
  /** What follows the type. */
  readonly rest: readonly string[];
}

const VERSION = /^[1-9][0-9]*$/;

export function machineArn({ account, region }: World, name: string): string {
  return arn("states", region, account, `stateMachine:${name}`);
}

/** The ARN of a version (a number) or of an alias (a name). */
export function qualifiedArn(arn: string, qualifier: number | string): string {
  return `${arn}:${qualifier}`;
}

export function activityArn({ account, region }: World, name: string): string {
  return arn("states", region, account, `activity:${name}`);
}

/** Throws `InvalidArn` where `text` is not the ARN of a state machine, of its version or of its alias. */
export function parseMachineArn(text: string): MachineArn {
  const { type, rest, account, region } = parseStatesArn(text);
  if (type !== "stateMachine") throw wrongType(type);
  const [resource = "", qualifier, ...tooMuch] = rest;
  const [name = "", label, ...tooDeep] = resource.split("/");
  if (!name || label === "" || qualifier === "" || tooMuch.length > 0 || tooDeep.length > 0)
    throw invalidArn(text);
  return {
    text,
    account,
    region,
    name,
    arn: text.slice(0, text.length - rest.join(":").length) + name,
    ...(label === undefined ? {} : { label }),
    ...qualifierOf(qualifier),
  };
}

/** Throws `InvalidArn` where `text` is not the ARN of an activity. */
export function parseActivityArn(text: string): ActivityArn {
  const { type, rest, account, region } = parseStatesArn(text);
  if (type !== "activity") throw wrongType(type);
  const [name, ...tooMuch] = rest;
  if (!name || tooMuch.length > 0) throw invalidArn(text);
  return { arn: text, account, region, name };
}

export function parseStatesArn(text: string): StatesArn {
  const [prefix, partition, service, region, account, type, ...rest] = text.split(":");
  if (prefix !== "arn")
    throw new ServiceError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${text}'`);
  if (!partition || service !== "states" || !region || !account || !type) throw invalidArn(text);
  return { region, account, type, rest };
}

export function invalidArn(text: string): ServiceError {
  return new ServiceError("InvalidArn", `Invalid Arn: '${text}'`);
}

function wrongType(type: string): ServiceError {
  return new ServiceError(
    "InvalidArn",
    `Invalid Arn: 'Resource type not valid in this context: ${type}'`,
  );
}

function qualifierOf(qualifier: string | undefined): { version?: number; alias?: string } {
  if (qualifier === undefined) return {};
  return VERSION.test(qualifier) ? { version: Number(qualifier) } : { alias: qualifier };
}
