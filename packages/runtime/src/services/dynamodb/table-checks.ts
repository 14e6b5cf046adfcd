import type {
  AttributeDefinition,
  BillingMode,
  CreateTableInput,
  GlobalSecondaryIndex,
  KeySchemaElement,
  LocalSecondaryIndex,
  Projection,
  ProvisionedThroughput,
  ScalarAttributeType,
} from "@aws-sdk/client-dynamodb";
import { Constraints } from "../../constraints.ts";
import { invalidParameter, type KeySchema, refusal } from "./engine/index.ts";
import { parseTableArn } from "./table.ts";

/** Source of all limits: developer guide, "Quotas in Amazon DynamoDB". */
const NAME_LENGTH = { min: 3, max: 255 };
export const NAME_PATTERN = "[a-zA-Z0-9_.-]+";
const LOCAL_INDEXES_MAX = 5;
const GLOBAL_INDEXES_MAX = 20;
/** Attributes that the INCLUDE projections of a table's indexes may name together. */
const INCLUDED_ATTRIBUTES_MAX = 100;
/** DynamoDB's own bound of a table's provisioned units. */
const UNITS_MAX = 1_000_000_000_000;

/**
 * The name of the table that an operation on tables is for. Throws ValidationException. The words of this and of all
 * refusals below are those that AWS was recorded with in dynalite's tests, which run against AWS as well, or, where they
 * have changed since, in dynamodb-conformance (nubo-db), whose expectations were recorded in 2026.
 */
export function checkTableName(nameOrArn: string | undefined): string {
  if (nameOrArn === undefined)
    throw refusal("The parameter 'TableName' is required but was not present in the request");
  const name = parseTableArn(nameOrArn)?.name ?? nameOrArn;
  // Of a name that is wrong in both, its length is told.
  new Constraints().length("tableName", name, NAME_LENGTH).check("ValidationException");
  new Constraints().pattern("tableName", name, NAME_PATTERN).check("ValidationException");
  return name;
}

/** Checks single members of CreateTable. Throws ValidationException that tells of all of them. */
export function checkCreateTableMembers(input: CreateTableInput): void {
  const constraints = new Constraints()
    .required("attributeDefinitions", input.AttributeDefinitions)
    .required("keySchema", input.KeySchema)
    .oneOf("billingMode", input.BillingMode, ["PROVISIONED", "PAY_PER_REQUEST"])
    .oneOf("tableClass", input.TableClass, ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
  checkDefinitionMembers(constraints, input.AttributeDefinitions);
  checkKeyMembers(constraints, "keySchema", input.KeySchema);
  checkThroughputMembers(constraints, "provisionedThroughput", input.ProvisionedThroughput);
  for (const [i, index] of (input.LocalSecondaryIndexes ?? []).entries())
    checkIndexMembers(constraints, `localSecondaryIndexes.${i + 1}.member`, index);
  for (const [i, index] of (input.GlobalSecondaryIndexes ?? []).entries()) {
    const path = `globalSecondaryIndexes.${i + 1}.member`;
    checkIndexMembers(constraints, path, index);
    checkThroughputMembers(
      constraints,
      `${path}.provisionedThroughput`,
      index.ProvisionedThroughput,
    );
  }
  checkStreamMembers(constraints, input.StreamSpecification);
  constraints.check("ValidationException");
}

export function checkDefinitionMembers(
  constraints: Constraints,
  definitions: AttributeDefinition[] | undefined,
): void {
  for (const [i, { AttributeName, AttributeType }] of (definitions ?? []).entries()) {
    const path = `attributeDefinitions.${i + 1}.member`;
    constraints
      .required(`${path}.attributeName`, AttributeName)
      .length(`${path}.attributeName`, AttributeName, { min: 1, max: 255 })
      .required(`${path}.attributeType`, AttributeType)
      .oneOf(`${path}.attributeType`, AttributeType, ["B", "N", "S"]);
  }
}

export function checkKeyMembers(
  constraints: Constraints,
  path: string,
  key: KeySchemaElement[] | undefined,
): void {
  constraints.length(path, key?.map(shownElement), { min: 1, max: 2 });
  for (const [i, { AttributeName, KeyType }] of (key ?? []).entries()) {
    const member = `${path}.${i + 1}.member`;
    constraints
      .required(`${member}.attributeName`, AttributeName)
      .required(`${member}.keyType`, KeyType)
      .oneOf(`${member}.keyType`, KeyType, ["HASH", "RANGE"]);
  }
}

/** An element as Java shows it, which AWS's messages do. */
function shownElement({ AttributeName, KeyType }: KeySchemaElement): string {
  return `KeySchemaElement(attributeName=${AttributeName}, keyType=${KeyType})`;
}

export function checkThroughputMembers(
  constraints: Constraints,
  path: string,
  throughput: ProvisionedThroughput | undefined,
): void {
  if (!throughput) return;
  const { ReadCapacityUnits, WriteCapacityUnits } = throughput;
  constraints
    .required(`${path}.readCapacityUnits`, ReadCapacityUnits)
    .range(`${path}.readCapacityUnits`, ReadCapacityUnits, { min: 1 })
    .required(`${path}.writeCapacityUnits`, WriteCapacityUnits)
    .range(`${path}.writeCapacityUnits`, WriteCapacityUnits, { min: 1 });
}

export function checkIndexMembers(
  constraints: Constraints,
  path: string,
  { IndexName, KeySchema, Projection }: LocalSecondaryIndex,
): void {
  constraints
    .required(`${path}.indexName`, IndexName)
    .pattern(`${path}.indexName`, IndexName, NAME_PATTERN)
    .length(`${path}.indexName`, IndexName, NAME_LENGTH)
    .required(`${path}.keySchema`, KeySchema)
    .required(`${path}.projection`, Projection)
    .oneOf(`${path}.projection.projectionType`, Projection?.ProjectionType, [
      "ALL",
      "INCLUDE",
      "KEYS_ONLY",
    ])
    .length(`${path}.projection.nonKeyAttributes`, Projection?.NonKeyAttributes, { min: 1 });
  checkKeyMembers(constraints, `${path}.keySchema`, KeySchema);
}

export function checkStreamMembers(
  constraints: Constraints,
  stream: CreateTableInput["StreamSpecification"],
): void {
  if (!stream) return;
  constraints
    .required("streamSpecification.streamEnabled", stream.StreamEnabled)
    .oneOf("streamSpecification.streamViewType", stream.StreamViewType, [
      "NEW_AND_OLD_IMAGES",
      "OLD_IMAGE",
      "KEYS_ONLY",
      "NEW_IMAGE",
    ]);
}

/** Types of the attributes that keys can use. */
export type Definitions = ReadonlyMap<string, ScalarAttributeType>;

export function definitionsOf(definitions: readonly AttributeDefinition[]): Definitions {
  return new Map(
    definitions.map(({ AttributeName, AttributeType }) => [AttributeName!, AttributeType!]),
  );
}

/** A table's or index's key, once its members were checked. Throws ValidationException. */
export function readKeySchema(elements: KeySchemaElement[], definitions: Definitions): KeySchema {
  const names = elements.map(({ AttributeName }) => AttributeName!);
  if (names.some((name) => !definitions.has(name))) {
    throw invalidParameter(
      `Some index key attributes are not defined in AttributeDefinitions. Keys: [${names.join(", ")}], AttributeDefinitions: [${[...definitions.keys()].join(", ")}]`,
    );
  }
  const [hash, range] = elements;
  if (hash!.AttributeName === range?.AttributeName)
    throw refusal("Invalid KeySchema: Some index key attribute have no definition");
  if (hash!.KeyType !== "HASH")
    throw refusal("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (range && range.KeyType !== "RANGE")
    throw refusal("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  const attribute = (name: string) => ({ name, type: definitions.get(name)! });
  return {
    hash: attribute(hash!.AttributeName!),
    ...(range && { range: attribute(range.AttributeName!) }),
  };
}

export function checkThroughput(
  billingMode: BillingMode,
  throughput: ProvisionedThroughput | undefined,
): void {
  if (billingMode === "PAY_PER_REQUEST") {
    if (!throughput) return;
    throw invalidParameter(
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
  }
  if (!throughput) {
    throw invalidParameter(
      "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    );
  }
  checkUnits(throughput);
}

export function checkUnits({ ReadCapacityUnits, WriteCapacityUnits }: ProvisionedThroughput): void {
  for (const [name, units] of Object.entries({ ReadCapacityUnits, WriteCapacityUnits })) {
    if (units !== undefined && units > UNITS_MAX)
      throw refusal(`Given value ${units} for ${name} is out of bounds`);
  }
}

export function checkLocalIndexes(indexes: LocalSecondaryIndex[], key: KeySchema): void {
  if (indexes.length === 0) throw invalidParameter("List of LocalSecondaryIndexes is empty");
  if (!key.range) {
    throw invalidParameter(
      "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    );
  }
  if (indexes.length > LOCAL_INDEXES_MAX) {
    throw invalidParameter(
      `Number of LocalSecondaryIndexes exceeds per-table limit of ${LOCAL_INDEXES_MAX}`,
    );
  }
  for (const { IndexName, KeySchema } of indexes) {
    if (KeySchema!.length !== 2)
      throw invalidParameter(`Index KeySchema does not have a range key for index: ${IndexName}`);
    const hash = KeySchema![0]!.AttributeName;
    if (hash !== key.hash.name) {
      throw invalidParameter(
        `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${IndexName}. index hash key: ${hash}, table hash key: ${key.hash.name}`,
      );
    }
  }
}

export function checkGlobalIndexes(
  indexes: GlobalSecondaryIndex[],
  billingMode: BillingMode,
): void {
  if (indexes.length === 0) throw invalidParameter("List of GlobalSecondaryIndexes is empty");
  if (indexes.length > GLOBAL_INDEXES_MAX) {
    throw invalidParameter(
      `GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_INDEXES_MAX}`,
    );
  }
  for (const { IndexName, ProvisionedThroughput } of indexes)
    checkIndexThroughput(IndexName!, billingMode, ProvisionedThroughput);
}

export function checkIndexThroughput(
  indexName: string,
  billingMode: BillingMode,
  throughput: ProvisionedThroughput | undefined,
): void {
  if (billingMode === "PAY_PER_REQUEST" && throughput) {
    throw invalidParameter(
      `ProvisionedThroughput should not be specified for index: ${indexName} when BillingMode is PAY_PER_REQUEST`,
    );
  }
  if (billingMode === "PROVISIONED" && !throughput)
    throw invalidParameter(`ProvisionedThroughput must be specified for index: ${indexName}`);
  if (throughput) checkUnits(throughput);
}

export function checkProjection(projection: Projection): void {
  const { ProjectionType, NonKeyAttributes } = projection;
  if (ProjectionType === undefined) throw invalidParameter("Unknown ProjectionType: null");
  if (NonKeyAttributes && ProjectionType !== "INCLUDE") {
    throw invalidParameter(
      `ProjectionType is ${ProjectionType}, but NonKeyAttributes is specified`,
    );
  }
  if (!NonKeyAttributes && ProjectionType === "INCLUDE")
    throw invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
}

/** Checks the indexes of a table together: their names, and how much they include. */
export function checkIndexesTogether(
  indexes: readonly { readonly IndexName?: string; readonly Projection?: Projection }[],
): void {
  const names = new Set<string>();
  let included = 0;
  for (const { IndexName, Projection } of indexes) {
    if (names.has(IndexName!)) throw invalidParameter(`Duplicate index name: ${IndexName}`);
    names.add(IndexName!);
    included += Projection?.NonKeyAttributes?.length ?? 0;
  }
  if (included > INCLUDED_ATTRIBUTES_MAX) {
    throw invalidParameter(
      `The total number of projected attributes across all indexes exceeds the per-table limit of ${INCLUDED_ATTRIBUTES_MAX}`,
    );
  }
}

/** Checks that each attribute that is defined is used by a key. */
export function checkDefinitionsUsed(definitions: Definitions, keys: readonly KeySchema[]): void {
  const used = new Set(keys.flatMap(({ hash, range }) => [hash.name, range?.name ?? hash.name]));
  if (used.size === definitions.size) return;
  if (keys.length === 1) {
    throw invalidParameter(
      "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    );
  }
  throw invalidParameter(
    `Some AttributeDefinitions are not used. AttributeDefinitions: [${[...definitions.keys()].join(", ")}], keys used: [${[...used].join(", ")}]`,
  );
}
