/**
 * SQS over HTTP from sixteen connections, with a data directory: sends, and receives with their deletions, into and
 * out of a queue that is empty and one that has a million messages; and how long the start takes with those stored.
 * The client is in this process, the server in its own, so both share the machine. Compared, in rounds that
 * alternate, with bare node:http that echoes JSON of the same size, and with the same writes to LMDB alone.
 */
import { type Benchmark, inWords, median } from "./figure.ts";
import { type Connection, httpRequest, type LoadResult, load, sqsRequest } from "./load.ts";
import { makeDirectory, type ServerProcess, startBare, startFlyball } from "./processes.ts";
import { rawWritesPerSecond } from "./raw-store.ts";
import { System } from "./system.ts";

const CONNECTIONS = 16;
const ROUNDS = 5;
const SENDS = 20_000;
const RECEIVED_MESSAGES = 10_000;
const MESSAGES = 1_000_000;
const BATCH = 10;
const BODY = "x".repeat(200);
const SENDS_ASKED = { atLeast: 8_000 };
/** Noise of the machine that makes one of two equal rates the slower one. */
const TOLERANCE = 0.9;

type Rates = Record<
  "echo" | "send" | "sendFull" | "receive" | "receiveFull" | "flushed" | "raw",
  number[]
>;

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const dataDirectory = directory.path;
  const bare = await startBare("echo");
  let server = await startFlyball({ dataDirectory });
  const emptyReadyMs = server.readyMs;
  const system = new System(server.endpoint);
  const full = await system.createQueue("full");
  progress("warming up");
  await sends(server, await system.createQueue("warm-up"), SENDS);
  await echoes(bare);

  await fill(server, full, MESSAGES, (filled) => progress(`filling a queue: ${filled} messages`));
  const rates: Rates = {
    echo: [],
    send: [],
    sendFull: [],
    receive: [],
    receiveFull: [],
    flushed: [],
    raw: [],
  };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}`);
    const empty = await system.createQueue(`empty-${round}`);
    rates.echo.push((await echoes(bare)).perSecond);
    rates.send.push((await sends(server, empty, SENDS)).perSecond);
    rates.sendFull.push((await sends(server, full, SENDS)).perSecond);
    rates.receive.push(await receives(server, empty));
    rates.receiveFull.push(await receives(server, full));
    rates.flushed.push(await rawWritesPerSecond(directory.path, SENDS, true));
    rates.raw.push(await rawWritesPerSecond(directory.path, SENDS, false));
  }
  await server.stop();
  progress("starting with a million messages");
  server = await startFlyball({ dataDirectory });
  const fullReadyMs = server.readyMs;
  await sends(server, full, SENDS);
  await server.stop();
  await bare.stop();
  directory.remove();
  return [...rateFigures(rates), readyFigure(fullReadyMs, emptyReadyMs)];
};

function rateFigures(rates: Rates) {
  const per = (name: keyof Rates) => inWords(median(rates[name]), "/s");
  return [
    {
      what: "SendMessage, 16 connections",
      measured: median(rates.send),
      unit: "/s",
      asked: SENDS_ASKED,
      comparedWith: `bare node:http echo: ${per("echo")}; LMDB alone: ${per("raw")}, flushing each commit ${per("flushed")}`,
    },
    {
      what: "SendMessage, to a million messages",
      measured: median(rates.sendFull),
      unit: "/s",
      asked: { atLeast: TOLERANCE * median(rates.send) },
      comparedWith: `to few: ${per("send")}`,
    },
    {
      what: "messages received and deleted, by tens",
      measured: median(rates.receive),
      unit: "/s",
      comparedWith: `sent one by one: ${per("send")}`,
    },
    {
      what: "the same, of a million messages",
      measured: median(rates.receiveFull),
      unit: "/s",
      asked: { atLeast: TOLERANCE * median(rates.receive) },
      comparedWith: `of few: ${per("receive")}`,
    },
  ];
}

function readyFigure(fullReadyMs: number, emptyReadyMs: number) {
  return {
    what: "ready with a million messages stored",
    measured: fullReadyMs,
    unit: "ms",
    asked: { atMost: 400 },
    comparedWith: `with none: ${inWords(emptyReadyMs, "ms")}`,
  };
}

function echoes({ port }: ServerProcess): Promise<LoadResult> {
  const input = JSON.stringify({ QueueUrl: "http://127.0.0.1/000000000000/q", MessageBody: BODY });
  const request = httpRequest("/", "sqs", { "content-type": "application/json" }, input);
  const turn = (connection: Connection) => connection.exchange(request);
  return load({ port, connections: CONNECTIONS, turns: SENDS, turn });
}

function sends({ port }: ServerProcess, queueUrl: string, turns: number): Promise<LoadResult> {
  const request = sqsRequest("SendMessage", { QueueUrl: queueUrl, MessageBody: BODY });
  const turn = (connection: Connection) => connection.exchange(request);
  return load({ port, connections: CONNECTIONS, turns, turn });
}

/** Messages a second that are received and deleted, by tens. */
async function receives({ port }: ServerProcess, queueUrl: string): Promise<number> {
  const receive = { QueueUrl: queueUrl, MaxNumberOfMessages: BATCH };
  const request = sqsRequest("ReceiveMessage", receive);
  const turn = async (connection: Connection) => {
    const { Messages } = JSON.parse(String(await connection.exchange(request)));
    const Entries = Messages.map(({ ReceiptHandle }: { ReceiptHandle: string }, index: number) => ({
      Id: String(index),
      ReceiptHandle,
    }));
    const deletion = { QueueUrl: queueUrl, Entries };
    await connection.exchange(sqsRequest("DeleteMessageBatch", deletion));
  };
  const turns = RECEIVED_MESSAGES / BATCH;
  const { perSecond } = await load({ port, connections: CONNECTIONS, turns, turn });
  return perSecond * BATCH;
}

async function fill(
  { port }: ServerProcess,
  queueUrl: string,
  messages: number,
  progress: (filled: number) => void,
): Promise<void> {
  const Entries = Array.from({ length: BATCH }, (_, index) => ({
    Id: String(index),
    MessageBody: BODY,
  }));
  const request = sqsRequest("SendMessageBatch", { QueueUrl: queueUrl, Entries });
  const turn = (connection: Connection) => connection.exchange(request);
  const step = messages / 10;
  for (let filled = 0; filled < messages; filled += step) {
    progress(filled);
    await load({ port, connections: CONNECTIONS, turns: step / BATCH, turn });
  }
}
