import {
  type AttributeValue,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { type Holder, type Inspection, Observer } from "@flyball/semaphore";
import { endpointOf, UnreachableError } from "../client.ts";

/** What every semaphore's item has, and no other item: ours' or the original functions'. */
const COUNT_ATTRIBUTE = "currentlockcount";
/** Semaphores that are looked at together. */
const LOOKS_AT_ONCE = 16;
const NOBODY_THERE = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ECONNRESET"]);

export interface TableOptions {
  readonly name: string;
  /** The partition key; the table is asked where it is not given. */
  readonly keyAttribute: string | undefined;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/** A table that holds semaphores. Its errors say what a person can do. */
export interface SemaphoreTable extends AsyncDisposable {
  readonly name: string;
  /** The names of its semaphores, in order. Reads the whole table. */
  names(): Promise<string[]>;
  /** Rejects when there is no such semaphore. */
  inspect(name: string): Promise<Inspection>;
  /** Resolves with whether the holder still had its units. */
  takeBack(name: string, holder: Holder, units: number): Promise<boolean>;
}

export async function openTable(options: TableOptions): Promise<SemaphoreTable> {
  const { name: table } = options;
  const config = configOf(options);
  const client = new DynamoDBClient(config);
  const endpoint = typeof config.endpoint === "string" ? config.endpoint : undefined;
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explain(error, { table, endpoint });
    }
  };
  const keyAttribute = options.keyAttribute ?? (await explained(partitionKeyOf(client, table)));
  const observers = new Map<string, Observer>();
  const observerOf = (name: string): Observer => {
    const observer = observers.get(name) ?? new Observer({ client, table, name, keyAttribute });
    observers.set(name, observer);
    return observer;
  };
  return {
    name: table,
    names: () => explained(namesOf(client, table, keyAttribute)),
    inspect: async (name) => {
      const inspection = await explained(observerOf(name).inspect());
      if (!inspection.exists)
        throw new Error(
          `Table "${table}" has no semaphore "${name}". "flyball semaphore list --table ${table}" shows which it has.`,
        );
      return inspection;
    },
    takeBack: (name, holder, units) => explained(observerOf(name).takeBack(holder, units)),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

/** Every semaphore of a table, in the order of their names. */
export async function listSemaphores(table: SemaphoreTable): Promise<Inspection[]> {
  const names = await table.names();
  const found: Inspection[] = [];
  for (let from = 0; from < names.length; from += LOOKS_AT_ONCE) {
    const some = names.slice(from, from + LOOKS_AT_ONCE);
    found.push(...(await Promise.all(some.map((name) => table.inspect(name)))));
  }
  return found;
}

async function partitionKeyOf(client: DynamoDBClient, table: string): Promise<string> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  const keys = Table?.KeySchema ?? [];
  const [key] = keys;
  const type = Table?.AttributeDefinitions?.find(
    ({ AttributeName }) => AttributeName === key?.AttributeName,
  )?.AttributeType;
  if (keys.length !== 1 || key?.AttributeName === undefined || type !== "S")
    throw new Error(
      `Table "${table}" holds no semaphores: its key is not one attribute of type S.`,
    );
  return key.AttributeName;
}

async function namesOf(
  client: DynamoDBClient,
  table: string,
  keyAttribute: string,
): Promise<string[]> {
  const names: string[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new ScanCommand({
        TableName: table,
        FilterExpression: "attribute_exists(#count)",
        ProjectionExpression: "#key",
        ExpressionAttributeNames: { "#count": COUNT_ATTRIBUTE, "#key": keyAttribute },
        ExclusiveStartKey: from,
      }),
    );
    for (const item of Items) {
      const name = item[keyAttribute]?.S;
      if (name !== undefined) names.push(name);
    }
    from = LastEvaluatedKey;
  } while (from !== undefined);
  return names.sort();
}

/** The usual environment, with what the options say; a cloud on this machine takes any credentials. */
function configOf({ endpoint: option, region: given }: TableOptions): DynamoDBClientConfig {
  const { env } = process;
  const fromEnvironment = env.AWS_ENDPOINT_URL_DYNAMODB || env.AWS_ENDPOINT_URL;
  const endpoint = option ?? fromEnvironment;
  const region = given ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (endpoint === undefined || endpoint === "") return region ? { region } : {};
  const isLocal = /^(localhost|127\.|\[::1\])/.test(new URL(endpointOf(endpoint)).hostname);
  const hasCredentials = Boolean(env.AWS_ACCESS_KEY_ID || env.AWS_PROFILE);
  return {
    endpoint: endpointOf(endpoint),
    ...(region ? { region } : isLocal ? { region: "us-east-1" } : {}),
    ...(isLocal && !hasCredentials
      ? { credentials: { accessKeyId: "000000000000", secretAccessKey: "flyball" } }
      : {}),
  };
}

function explain(
  error: unknown,
  { table, endpoint }: { readonly table: string; readonly endpoint: string | undefined },
): unknown {
  if (!(error instanceof Error)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (endpoint !== undefined && NOBODY_THERE.has(code))
    return new UnreachableError(endpoint, "nothing", code);
  if (error.name === "ResourceNotFoundException")
    return new Error(`There is no table "${table}" at ${endpoint ?? "AWS"} in this Region.`);
  if (error.message.includes("Region is missing"))
    return new Error("No Region is set: give --region, or set AWS_REGION.");
  return error;
}
