import { randomUUID } from "node:crypto";
import type { AliasConfiguration, AliasRoutingConfiguration } from "@aws-sdk/client-lambda";
import { Constraints, violation } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import {
  functionNotFound,
  invalidParameter,
  resourceConflict,
  resourceNotFound,
  revisionMismatch,
} from "./errors.ts";
import { functionArn, functionReference, LATEST } from "./names.ts";
import { pageOf } from "./page.ts";
import { type AliasRecord, findAlias, findVersion, keys, requireFunction } from "./record.ts";
import { functionChanged } from "./runnable.ts";

/** Botocore's model, shapes Alias and Version. */
const ALIAS_PATTERN = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";
const VERSION_PATTERN = "(\\$LATEST|[0-9]+)";

export const createAlias: OperationOf<"lambda", "CreateAlias"> = async (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  const { Name: alias = "", FunctionVersion: functionVersion = "" } = input;
  new Constraints()
    .required("name", input.Name)
    .required("functionVersion", input.FunctionVersion)
    .pattern("name", input.Name, ALIAS_PATTERN)
    .length("name", input.Name, { min: 1, max: 128 })
    .pattern("functionVersion", input.FunctionVersion, VERSION_PATTERN)
    .length("description", input.Description, { max: 256 })
    .check("ValidationException");
  checkRouting(input.RoutingConfig, functionVersion);
  const record: AliasRecord = {
    name: alias,
    functionVersion,
    description: input.Description ?? "",
    ...routing(input.RoutingConfig),
    revisionId: randomUUID(),
  };
  await cloud.store.write((tx) => {
    requireVersions(tx, caller, name, record);
    if (findAlias(tx, caller, name, alias))
      throw resourceConflict(`Alias already exists: ${functionArn(caller, name, alias)}`);
    tx.put(keys.alias(caller, name, alias), record);
    functionChanged(cloud, tx, caller, name);
  });
  return aliasConfiguration(caller, name, record);
};

export const getAlias: OperationOf<"lambda", "GetAlias"> = ({ cloud, caller }, input) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  const alias = aliasName(input.Name);
  const record = cloud.store.read((tx) => {
    requireFunction(tx, caller, name);
    return findAlias(tx, caller, name, alias);
  });
  if (!record) throw aliasNotFound(caller, name, alias);
  return aliasConfiguration(caller, name, record);
};

export const updateAlias: OperationOf<"lambda", "UpdateAlias"> = async (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  const alias = aliasName(input.Name);
  new Constraints()
    .pattern("functionVersion", input.FunctionVersion, VERSION_PATTERN)
    .length("description", input.Description, { max: 256 })
    .check("ValidationException");
  const record = await cloud.store.write((tx) => {
    const before = findAlias(tx, caller, name, alias);
    if (!before) throw resourceNotFound(`Alias not found: ${functionArn(caller, name, alias)}`);
    if (input.RevisionId !== undefined && input.RevisionId !== before.revisionId)
      throw revisionMismatch("GetFunction/GetAlias");
    const functionVersion = input.FunctionVersion ?? before.functionVersion;
    const routingConfig = input.RoutingConfig ?? before.routing;
    checkRouting(routingConfig, functionVersion);
    const after: AliasRecord = {
      name: alias,
      functionVersion,
      description: input.Description ?? before.description,
      ...routing(routingConfig),
      revisionId: randomUUID(),
    };
    requireVersions(tx, caller, name, after);
    tx.put(keys.alias(caller, name, alias), after);
    functionChanged(cloud, tx, caller, name);
    return after;
  });
  return aliasConfiguration(caller, name, record);
};

export const deleteAlias: OperationOf<"lambda", "DeleteAlias"> = async (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  const alias = aliasName(input.Name);
  // Deleting what is not there succeeds, as on AWS.
  await cloud.store.write((tx) => {
    tx.delete(keys.alias(caller, name, alias));
    tx.delete(keys.policy(caller, name, alias));
    tx.delete(keys.eventInvoke(caller, name, alias));
    functionChanged(cloud, tx, caller, name);
  });
  return {};
};

export const listAliases: OperationOf<"lambda", "ListAliases"> = ({ cloud, caller }, input) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  new Constraints()
    .pattern("functionVersion", input.FunctionVersion, VERSION_PATTERN)
    .range("maxItems", input.MaxItems, { min: 1, max: 10_000 })
    .check("ValidationException");
  const { items, nextToken } = cloud.store.read((tx) => {
    requireFunction(tx, caller, name);
    const aliases = [...tx.range<AliasRecord>({ prefix: keys.aliases(caller, name) })]
      .map(({ value }) => value)
      .filter(
        (alias) => (input.FunctionVersion ?? alias.functionVersion) === alias.functionVersion,
      );
    return pageOf(aliases, (alias) => alias.name, input);
  });
  return {
    Aliases: items.map((alias) => aliasConfiguration(caller, name, alias)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
};

export function aliasNotFound(world: World, name: string, alias: string) {
  return resourceNotFound(`Cannot find alias arn: ${functionArn(world, name, alias)}`);
}

function aliasName(name: string | undefined): string {
  new Constraints()
    .required("name", name)
    .pattern("name", name, ALIAS_PATTERN)
    .length("name", name, { min: 1, max: 128 })
    .check("ValidationException");
  return name ?? "";
}

function routing(config: AliasRoutingConfiguration | undefined): Pick<AliasRecord, "routing"> {
  const weights = config?.AdditionalVersionWeights ?? {};
  return Object.keys(weights).length === 0
    ? {}
    : { routing: { AdditionalVersionWeights: weights } };
}

function checkRouting(
  config: AliasRoutingConfiguration | undefined,
  functionVersion: string,
): void {
  const weights = Object.entries(config?.AdditionalVersionWeights ?? {});
  const member = "routingConfig.additionalVersionWeights";
  const shown = `{${weights.map(([version, weight]) => `${version}=${decimal(weight)}`).join(", ")}}`;
  if (weights.some(([version]) => !/^[0-9]+$/.test(version)))
    throw violation(
      "ValidationException",
      member,
      shown,
      "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
    );
  if (weights.some(([, weight]) => weight < 0 || weight > 1))
    throw violation(
      "ValidationException",
      member,
      shown,
      "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    );
  if (weights.length > 1)
    throw invalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  if (weights.length > 0 && functionVersion === LATEST)
    throw invalidParameter("$LATEST is not supported for an alias pointing to more than 1 version");
  if (weights.some(([version]) => version === functionVersion))
    throw invalidParameter(
      `Invalid function version ${functionVersion}. Function version ${functionVersion} is already included in routing configuration.`,
    );
}

/** A weight as AWS shows it: a whole one with a zero behind the point. */
function decimal(weight: number): string {
  return Number.isInteger(weight) ? weight.toFixed(1) : String(weight);
}

function requireVersions(
  tx: ReadTransaction,
  world: World,
  name: string,
  alias: AliasRecord,
): void {
  const weights = alias.routing?.AdditionalVersionWeights ?? {};
  for (const version of [alias.functionVersion, ...Object.keys(weights)])
    if (!findVersion(tx, world, name, version))
      throw functionNotFound(functionArn(world, name, version));
}

function aliasConfiguration(world: World, name: string, alias: AliasRecord): AliasConfiguration {
  return {
    AliasArn: functionArn(world, name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.functionVersion,
    Description: alias.description,
    ...(alias.routing ? { RoutingConfig: alias.routing } : {}),
    RevisionId: alias.revisionId,
  };
}
