/**
 * DynamoDB over HTTP from sixteen connections, with a data directory: conditional updates of one item and of many,
 * a Query of a hundred items, and whether a table of a million items costs more to read, to update, or to open, than
 * one of a thousand. The client is in this process, each server in its own, so they share the machine. Compared, in rounds
 * that alternate, with dynalite, which also answers when the operating system has a write.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Benchmark, type Figure, inWords, median } from "./figure.ts";
import { type Connection, dynamodbRequest, load, open } from "./load.ts";
import { makeDirectory, type ServerProcess, startDynalite, startFlyball } from "./processes.ts";

const CONNECTIONS = 16;
const ROUNDS = 5;
const UPDATES = 10_000;
/** dynalite is slower by far: fewer turns tell as much. */
const UPDATES_OF_DYNALITE = 2_000;
/** Of each kind, to either table. */
const TURNS = 4_000;
const WARM_UP = 500;
const QUERIES = 300;
const QUERIED_ITEMS = 100;
const KILOBYTE = 1_000;
const FEW = 1_000;
const MANY = 10_000;
const MILLION = 1_000_000;
const BATCH = 25;
const BODY = "x".repeat(60);
/** What noise of the machine can make of two that take equally long. */
const TOLERANCE = 1.1;

interface Measured {
  readonly one: number[];
  readonly many: number[];
  /** Milliseconds. */
  readonly query: number[];
  readonly querySlowest: number[];
}

const nothing = (): Measured => ({ one: [], many: [], query: [], querySlowest: [] });

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const dataDirectory = join(directory.path, "flyball");
  const server = await startFlyball({ dataDirectory });
  const dynalite = await startDynalite(join(directory.path, "dynalite"));
  progress("making the tables");
  for (const each of [server, dynalite]) await makeTables(each);
  for (const each of [server, dynalite]) await checkAnswers(each);
  await updateOne(server, UPDATES);
  const ours = nothing();
  const theirs = nothing();
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`updates and queries of Flyball and dynalite, round ${round} of ${ROUNDS}`);
    await measure(server, UPDATES, ours);
    await measure(dynalite, UPDATES_OF_DYNALITE, theirs);
  }
  await dynalite.stop();
  const reading = await readFigures(server, progress);
  await server.stop();
  const opening = await openFigure(dataDirectory, progress);
  directory.remove();
  return [...updateFigures(ours, theirs), ...reading, opening];
};

async function measure(server: ServerProcess, updates: number, into: Measured): Promise<void> {
  into.one.push(await updateOne(server, updates));
  into.many.push(await updateMany(server, updates));
  const { p50, p99 } = await queries(server);
  into.query.push(p50);
  into.querySlowest.push(p99);
}

function updateFigures(ours: Measured, theirs: Measured): Figure[] {
  const per = (values: number[]) => `dynalite: ${inWords(median(values), "/s")}`;
  return [
    {
      what: "conditional UpdateItem of one item, 16 connections",
      measured: median(ours.one),
      unit: "/s",
      asked: { atLeast: 5_000 },
      comparedWith: per(theirs.one),
    },
    {
      what: "conditional UpdateItem of many items, 16 connections",
      measured: median(ours.many),
      unit: "/s",
      asked: { atLeast: 6_000 },
      comparedWith: per(theirs.many),
    },
    {
      what: "Query of 100 items of 1 KB",
      measured: median(ours.query),
      unit: "ms",
      asked: { atMost: 3 },
      comparedWith:
        `99 of 100 within ${inWords(median(ours.querySlowest), "ms")}; ` +
        `dynalite: ${inWords(median(theirs.query), "ms")}`,
    },
  ];
}

async function readFigures(
  server: ServerProcess,
  progress: (doing: string) => void,
): Promise<Figure[]> {
  for (const [table, items] of [
    ["thousand", FEW],
    ["million", MILLION],
  ] as const) {
    await createTable(server, table);
    await fill(server, table, items, (filled) =>
      progress(`loading ${inWords(items, "items")}: ${inWords(filled, "done")}`),
    );
  }
  const { Table } = await answer(server, "DescribeTable", { TableName: "million" });
  assert.equal(Table.ItemCount, MILLION);
  progress("reading and updating both, in turns");
  const figures: Figure[] = [];
  for (const [what, requests, isAsked] of [
    ["GetItem", getRequests, true],
    ["Query of 25", partitionRequests, true],
    ["conditional UpdateItem", updateRequests, false],
  ] as const) {
    const { few, many } = await inTurns(
      server,
      requests("thousand", FEW),
      requests("million", MILLION),
    );
    figures.push({
      what: `${what}, one after another, of a million items: median`,
      measured: many,
      unit: "µs",
      ...(isAsked && { asked: { atMost: few * TOLERANCE } }),
      comparedWith: `of a thousand: ${inWords(few, "µs")}`,
    });
  }
  return figures;
}

/**
 * What half of the answers took at most, in microseconds. The requests go out on one connection, one to either
 * table in turns, so that whatever else the machine does befalls both alike.
 */
async function inTurns(
  { port }: ServerProcess,
  few: readonly Buffer[],
  many: readonly Buffer[],
): Promise<{ few: number; many: number }> {
  const connection = await open(port);
  const took = { few: [] as number[], many: [] as number[] };
  for (let turn = -WARM_UP; turn < TURNS; turn += 1) {
    for (const [requests, into] of [
      [few, took.few],
      [many, took.many],
    ] as const) {
      const sentAt = performance.now();
      await connection.exchange(requests[scattered(turn + WARM_UP, requests.length)]!);
      if (turn >= 0) into.push((performance.now() - sentAt) * 1000);
    }
  }
  connection.close();
  return { few: median(took.few), many: median(took.many) };
}

/** What is timed does what it should: on either system an update counts, and a Query brings all items. */
async function checkAnswers(server: ServerProcess): Promise<void> {
  const connection = await open(server.port);
  const counted = JSON.parse(
    String(await connection.exchange(updateRequest("counters", keyAt(0)))),
  );
  assert.deepEqual(counted.Attributes, { count: { N: "1" } });
  const page = JSON.parse(String(await connection.exchange(queryRequest("pages", 0))));
  assert.equal(page.Items.length, QUERIED_ITEMS);
  connection.close();
}

/** From the start of the process to the first item read. */
async function openFigure(
  dataDirectory: string,
  progress: (doing: string) => void,
): Promise<Figure> {
  const small = makeDirectory();
  const server = await startFlyball({ dataDirectory: small.path });
  await createTable(server, "thousand");
  await fill(server, "thousand", FEW, () => {});
  await server.stop();
  const took = { million: [] as number[], thousand: [] as number[] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`starting on a million items and on a thousand, round ${round} of ${ROUNDS}`);
    took.million.push(await openMs(dataDirectory, "million"));
    took.thousand.push(await openMs(small.path, "thousand"));
  }
  small.remove();
  return {
    what: "process started, first of a million items read",
    measured: median(took.million),
    unit: "ms",
    asked: { atMost: 1_000 },
    comparedWith: `of a thousand: ${inWords(median(took.thousand), "ms")}, both from the checkout`,
  };
}

async function openMs(dataDirectory: string, table: string): Promise<number> {
  const server = await startFlyball({ dataDirectory });
  const begun = performance.now();
  const { Item } = await answer(server, "GetItem", { TableName: table, Key: keyOf(1) });
  const readMs = performance.now() - begun;
  assert.equal(Item.body.S, BODY);
  await server.stop();
  return server.readyMs + readMs;
}

async function makeTables(server: ServerProcess): Promise<void> {
  await createTable(server, "counters");
  await fill(server, "counters", MANY, () => {});
  await createTable(server, "pages");
  for (let number = 0; number < QUERIED_ITEMS; number += 1) {
    const Item = { ...keyOf(0, number), body: { S: "x".repeat(KILOBYTE) } };
    await answer(server, "PutItem", { TableName: "pages", Item });
  }
}

async function createTable(server: ServerProcess, name: string): Promise<void> {
  await answer(server, "CreateTable", {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "partition", AttributeType: "S" },
      { AttributeName: "number", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "partition", KeyType: "HASH" },
      { AttributeName: "number", KeyType: "RANGE" },
    ],
  });
  for (;;) {
    const { Table } = await answer(server, "DescribeTable", { TableName: name });
    if (Table.TableStatus === "ACTIVE") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The key of a table's item: 25 in each partition. */
function keyOf(partition: number, number = 0) {
  return { partition: { S: `partition-${partition}` }, number: { N: String(number) } };
}

function keyAt(index: number) {
  return keyOf(Math.floor(index / BATCH), index % BATCH);
}

async function fill(
  { port }: ServerProcess,
  table: string,
  items: number,
  progress: (filled: number) => void,
): Promise<void> {
  const request = (batch: number) => {
    const puts = Array.from({ length: BATCH }, (_, place) => {
      const Item = { ...keyOf(batch, place), count: { N: "0" }, body: { S: BODY } };
      return { PutRequest: { Item } };
    });
    return dynamodbRequest("BatchWriteItem", { RequestItems: { [table]: puts } });
  };
  const steps = items >= MILLION ? 10 : 1;
  const turns = items / BATCH / steps;
  for (let step = 0; step < steps; step += 1) {
    progress((items / steps) * step);
    const turn = (connection: Connection, turn: number) =>
      connection.exchange(request(step * turns + turn - 1));
    await load({ port, connections: CONNECTIONS, turns, turn });
  }
}

function updateRequest(TableName: string, Key: object): Buffer {
  return dynamodbRequest("UpdateItem", {
    TableName,
    Key,
    UpdateExpression: "SET #count = #count + :one",
    ConditionExpression: "#count < :limit",
    ExpressionAttributeNames: { "#count": "count" },
    ExpressionAttributeValues: { ":one": { N: "1" }, ":limit": { N: "1000000000" } },
    ReturnValues: "UPDATED_NEW",
  });
}

async function updateOne({ port }: ServerProcess, turns: number): Promise<number> {
  const request = updateRequest("counters", keyAt(0));
  const turn = (connection: Connection) => connection.exchange(request);
  return (await load({ port, connections: CONNECTIONS, turns, turn })).perSecond;
}

async function updateMany({ port }: ServerProcess, turns: number): Promise<number> {
  const requests = Array.from({ length: MANY }, (_, index) =>
    updateRequest("counters", keyAt(index)),
  );
  const turn = (connection: Connection, turn: number) =>
    connection.exchange(requests[scattered(turn, MANY)]!);
  return (await load({ port, connections: CONNECTIONS, turns, turn })).perSecond;
}

function queryRequest(table: string, partition: number): Buffer {
  return dynamodbRequest("Query", {
    TableName: table,
    KeyConditionExpression: "#partition = :partition",
    ExpressionAttributeNames: { "#partition": "partition" },
    ExpressionAttributeValues: { ":partition": keyOf(partition).partition },
  });
}

/** On one connection, one after the other. */
function queries({ port }: ServerProcess) {
  const request = queryRequest("pages", 0);
  const turn = (connection: Connection) => connection.exchange(request);
  return load({ port, connections: 1, turns: QUERIES, turn });
}

/** As many different keys of either table, spread over all of it. */
const KEYS_USED = 1_000;

function keysOf(items: number) {
  return Array.from({ length: KEYS_USED }, (_, place) => keyAt((place * items) / KEYS_USED));
}

function getRequests(TableName: string, items: number): Buffer[] {
  return keysOf(items).map((Key) => dynamodbRequest("GetItem", { TableName, Key }));
}

function updateRequests(table: string, items: number): Buffer[] {
  return keysOf(items).map((key) => updateRequest(table, key));
}

function partitionRequests(table: string, items: number): Buffer[] {
  const partitions = Math.min(KEYS_USED, items / BATCH);
  return Array.from({ length: partitions }, (_, place) =>
    queryRequest(table, (place * items) / BATCH / partitions),
  );
}

/** Visits all places up to `count` in an order that looks like none; the factor is prime, and no factor of a count. */
function scattered(turn: number, count: number): number {
  return (turn * 7_919) % count;
}

async function answer({ port }: ServerProcess, operation: string, input: object) {
  const connection = await open(port);
  try {
    return JSON.parse(String(await connection.exchange(dynamodbRequest(operation, input))));
  } finally {
    connection.close();
  }
}
