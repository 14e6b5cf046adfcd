import { isDeepStrictEqual } from "node:util";
import type { RoutingConfigurationListItem } from "@aws-sdk/client-sfn";
import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import { entriesAfter, isName } from "../../page.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { aliasNotFound, conflict, validationError } from "./errors.ts";
import {
  type AliasRoute,
  aliasesKey,
  type MachineAlias,
  machineDeleting,
  machineKey,
  requireMachine,
  type StateMachine,
  versionsKey,
} from "./machine.ts";
import { type MachineArn, parseMachineArn, qualifiedArn } from "./machine-arn.ts";
import { checkArnGiven } from "./names.ts";
import { parseOwnMachineArn } from "./own-machine.ts";
import { pageAsked, pageOf } from "./page.ts";

/** Source: API reference, CreateStateMachineAlias; the pattern as recorded answers of AWS tell it. */
const NAME_LENGTH_MAX = 80;
const NAME_PATTERN = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$";
const DESCRIPTION_LENGTH_MAX = 256;
const ROUTES_MAX = 2;
/** Of a state machine. Source: the developer guide, "Managing continuous deployments with aliases". */
const ALIASES_MAX = 100;
const WEIGHTS_SUM = 100;

/** Idempotent; with anything different under the same name it is a `ConflictException`. */
export const createStateMachineAlias: OperationOf<"sfn", "CreateStateMachineAlias"> = (
  call,
  { name, description, routingConfiguration },
) => {
  constrainRoutes(new Constraints().required("name", name), routingConfiguration)
    .required("routingConfiguration", routingConfiguration)
    .length("name", name, { min: 1, max: NAME_LENGTH_MAX })
    .pattern("name", name, NAME_PATTERN)
    .length("description", description, { max: DESCRIPTION_LENGTH_MAX })
    .check("ValidationException");
  const { machine, routes } = routesOf(call.caller, routingConfiguration!);
  const now = call.cloud.clock.now();
  return call.cloud.store.write((tx) => {
    requireRouted(tx, machine, routes);
    const key = [...aliasesKey(machine, machine.name), name!];
    const alias: MachineAlias = {
      arn: qualifiedArn(machine.arn, name!),
      name: name!,
      ...(description === undefined ? {} : { description }),
      routes,
      creationDate: now,
      updateDate: now,
    };
    const existing = tx.get<MachineAlias>(key);
    if (existing && !isSame(existing, alias))
      throw conflict(
        "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
      );
    if (!existing) {
      requireRoom(tx, machine);
      tx.put<MachineAlias>(key, alias);
    }
    const { arn, creationDate } = existing ?? alias;
    return { stateMachineAliasArn: arn, creationDate: new Date(creationDate) };
  });
};

export const describeStateMachineAlias: OperationOf<"sfn", "DescribeStateMachineAlias"> = (
  call,
  { stateMachineAliasArn },
) => {
  const arn = parseAliasArn(call.caller, stateMachineAliasArn);
  const alias = call.cloud.store.read((tx) => requireAlias(tx, arn));
  return {
    stateMachineAliasArn: alias.arn,
    name: alias.name,
    ...(alias.description === undefined ? {} : { description: alias.description }),
    routingConfiguration: alias.routes.map(({ version, weight }) => ({
      stateMachineVersionArn: qualifiedArn(arn.arn, version),
      weight,
    })),
    creationDate: new Date(alias.creationDate),
    updateDate: new Date(alias.updateDate),
  };
};

export const updateStateMachineAlias: OperationOf<"sfn", "UpdateStateMachineAlias"> = (
  call,
  { stateMachineAliasArn, description, routingConfiguration },
) => {
  const arn = parseAliasArn(call.caller, stateMachineAliasArn);
  constrainRoutes(new Constraints(), routingConfiguration)
    .length("description", description, { max: DESCRIPTION_LENGTH_MAX })
    .check("ValidationException");
  if (description === undefined && routingConfiguration === undefined)
    throw validationError(
      "Either the description or the routing configuration must be specified",
      "MISSING_REQUIRED_PARAMETER",
    );
  const given =
    routingConfiguration === undefined ? undefined : routesOf(call.caller, routingConfiguration);
  if (given && given.machine.arn !== arn.arn)
    throw validationError(
      "Routing configuration must contain versions of the alias's own state machine.",
      "INVALID_ROUTING_CONFIGURATION",
    );
  const updateDate = call.cloud.clock.now();
  return call.cloud.store.write((tx) => {
    const alias = requireAlias(tx, arn);
    if (given) requireRouted(tx, given.machine, given.routes);
    tx.put<MachineAlias>([...aliasesKey(arn, arn.name), alias.name], {
      ...alias,
      ...(description === undefined ? {} : { description }),
      ...(given === undefined ? {} : { routes: given.routes }),
      updateDate,
    });
    return { updateDate: new Date(updateDate) };
  });
};

/** One that is not there is deleted already. */
export const deleteStateMachineAlias: OperationOf<"sfn", "DeleteStateMachineAlias"> = async (
  call,
  { stateMachineAliasArn },
) => {
  const arn = parseAliasArn(call.caller, stateMachineAliasArn);
  await call.cloud.store.write((tx) => tx.delete([...aliasesKey(arn, arn.name), arn.alias]));
  return {};
};

/** All of a machine's, or those that lead to the version whose ARN is given. */
export const listStateMachineAliases: OperationOf<"sfn", "ListStateMachineAliases"> = (
  call,
  { stateMachineArn, ...page },
) => {
  checkArnGiven("stateMachineArn", stateMachineArn);
  const { limit, after } = pageAsked(page, isName);
  const arn = parseOwnMachineArn(call.caller, stateMachineArn);
  return call.cloud.store.read((tx) => {
    const machine = requireMachine(tx, arn);
    if (machine.status === "DELETING") throw machineDeleting(machine.arn);
    const { items, nextToken } = pageOf(
      aliasesAfter(tx, arn, arn.name, after, arn.version),
      limit,
      ({ name }) => name,
    );
    return {
      stateMachineAliases: items.map((alias) => ({
        stateMachineAliasArn: alias.arn,
        creationDate: new Date(alias.creationDate),
      })),
      ...(nextToken === undefined ? {} : { nextToken }),
    };
  });
};

export function aliasesOfVersion(
  tx: ReadTransaction,
  world: World,
  machineName: string,
  version: number,
): MachineAlias[] {
  return [...aliasesAfter(tx, world, machineName, undefined, version)];
}

function* aliasesAfter(
  tx: ReadTransaction,
  world: World,
  machineName: string,
  after: string | undefined,
  version: number | undefined,
): Generator<MachineAlias> {
  const start = after === undefined ? undefined : [after];
  for (const { value } of entriesAfter<MachineAlias>(tx, aliasesKey(world, machineName), start))
    if (version === undefined || value.routes.some((route) => route.version === version))
      yield value;
}

function constrainRoutes(
  constraints: Constraints,
  routes: readonly RoutingConfigurationListItem[] | undefined,
): Constraints {
  // AWS shows the members of a list that is too long as its own classes do; their ARNs say as much.
  constraints.length("routingConfiguration", shownRoutes(routes), { min: 1, max: ROUTES_MAX });
  for (const [index, { stateMachineVersionArn, weight }] of (routes ?? []).entries()) {
    const member = `routingConfiguration.${index + 1}.member`;
    constraints
      .required(`${member}.stateMachineVersionArn`, stateMachineVersionArn)
      .required(`${member}.weight`, weight)
      .range(`${member}.weight`, weight, { min: 0, max: WEIGHTS_SUM });
  }
  return constraints;
}

/** The machine that all routes lead to versions of, which has to be one. Throws `ValidationException`. */
function routesOf(
  caller: Caller,
  given: readonly RoutingConfigurationListItem[],
): { machine: MachineArn; routes: AliasRoute[] } {
  const texts = given.map(({ stateMachineVersionArn }) => stateMachineVersionArn ?? "");
  const arns = texts.map((text) => parseOwnMachineArn(caller, text));
  const refuse = (rule: string, received: readonly (string | number)[]) =>
    validationError(`${rule} Received: [${received.join(", ")}]`, "INVALID_ROUTING_CONFIGURATION");
  if (arns.some(({ version }) => version === undefined))
    throw refuse("Routing configuration must contain state machine version ARNs.", texts);
  if (new Set(texts).size < texts.length)
    throw refuse("Routing configuration must contain distinct state machine version ARNs.", texts);
  const [machine] = arns;
  if (!machine || arns.some(({ arn }) => arn !== machine.arn))
    throw refuse("Routing configuration must contain versions of one state machine.", texts);
  const weights = given.map(({ weight = 0 }) => weight);
  if (weights.reduce((sum, weight) => sum + weight, 0) !== WEIGHTS_SUM)
    throw refuse("Sum of routing configuration weights must equal 100.", weights);
  return {
    machine: parseMachineArn(machine.arn),
    routes: arns.map(({ version }, index) => ({ version: version!, weight: weights[index]! })),
  };
}

function requireRouted(
  tx: ReadTransaction,
  machine: MachineArn,
  routes: readonly AliasRoute[],
): void {
  const { status } = tx.get<StateMachine>(machineKey(machine, machine.name)) ?? {};
  if (status === "DELETING") throw machineDeleting(machine.arn);
  for (const { version } of routes)
    if (!tx.get([...versionsKey(machine, machine.name), version])) throw aliasNotFound();
}

function requireRoom(tx: ReadTransaction, machine: MachineArn): void {
  const prefix = aliasesKey(machine, machine.name);
  if ([...tx.range({ prefix, limit: ALIASES_MAX })].length < ALIASES_MAX) return;
  throw new ServiceError(
    "ServiceQuotaExceededException",
    `The state machine has ${ALIASES_MAX} aliases, which is the maximum: '${machine.arn}'`,
  );
}

function parseAliasArn(
  caller: Caller,
  text: string | undefined,
): MachineArn & { readonly alias: string } {
  checkArnGiven("stateMachineAliasArn", text);
  const arn = parseOwnMachineArn(caller, text);
  const { alias } = arn;
  if (alias === undefined)
    throw validationError(`The ARN must be that of a state machine alias: '${text}'`);
  return { ...arn, alias };
}

function requireAlias(
  tx: ReadTransaction,
  arn: MachineArn & { readonly alias: string },
): MachineAlias {
  const alias = tx.get<MachineAlias>([...aliasesKey(arn, arn.name), arn.alias]);
  if (!alias) throw aliasNotFound();
  return alias;
}

function isSame(one: MachineAlias, other: MachineAlias): boolean {
  return one.description === other.description && isDeepStrictEqual(one.routes, other.routes);
}

function shownRoutes(
  routes: readonly RoutingConfigurationListItem[] | undefined,
): readonly string[] | undefined {
  return routes?.map(
    ({ stateMachineVersionArn, weight }) =>
      `RoutingConfigurationListItem(stateMachineVersionArn=${stateMachineVersionArn}, weight=${weight})`,
  );
}
