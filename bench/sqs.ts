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
const ROUNDS = 7;
const SENDS = 20_000;
const RECEIVED_MESSAGES = 10_000;
const MESSAGES = 1_000_000;
const BATCH = 10;
const BODY = "x".repeat(200);
const SENDS_ASKED = { atLeast: 8_000 };
/** Noise of the machine that makes one of two equal rates the slower one. */
const TOLERANCE = 0.9;

type Rates = Record<
  "echo" | "send-few" | "send-full" | "receive-few" | "receive-full" | "flushed" | "raw",
  number[]
>;

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const dataDirectory = directory.path;
  const bare = await startBare("echo");
  const server = await startFlyball({ dataDirectory });
  const system = new System(server.endpoint);
  const full = await system.createQueue("full");
  progress("warming up");
  await sends(server, await system.createQueue("warm-up"), SENDS);
  await echoes(bare);

  await fill(server, full, MESSAGES, (filled) => progress(`filling a queue: ${filled} messages`));
  const rates: Rates = {
    echo: [],
    "send-few": [],
    "send-full": [],
    "receive-few": [],
    "receive-full": [],
    flushed: [],
    raw: [],
  };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}`);
    const empty = await system.createQueue(`empty-${round}`);
    rates.echo.push((await echoes(bare)).perSecond);
    // What comes second also has what the first one left to be flushed, so they take turns.
    const queues: [string, "few" | "full"][] = [
      [empty, "few"],
      [full, "full"],
    ];
    if (round % 2 === 0) queues.reverse();
    for (const [queueUrl, size] of queues)
      rates[`send-${size}`].push((await sends(server, queueUrl, SENDS)).perSecond);
    for (const [queueUrl, size] of queues)
      rates[`receive-${size}`].push(await receives(server, queueUrl));
    rates.flushed.push(await rawWritesPerSecond(directory.path, SENDS, true));
    rates.raw.push(await rawWritesPerSecond(directory.path, SENDS, false));
  }
  await server.stop();
  await bare.stop();
  const ready = await readyFigure(dataDirectory, progress);
  directory.remove();
  return [...rateFigures(rates), ready];
};

function rateFigures(rates: Rates) {
  const per = (name: keyof Rates) => inWords(median(rates[name]), "/s");
  return [
    {
      what: "SendMessage, 16 connections",
      measured: median(rates["send-few"]),
      unit: "/s",
      asked: SENDS_ASKED,
      comparedWith: `bare node:http echo: ${per("echo")}; LMDB alone: ${per("raw")}, flushing each commit ${per("flushed")}`,
    },
    {
      what: "SendMessage, to a million messages",
      measured: median(rates["send-full"]),
      unit: "/s",
      asked: { atLeast: TOLERANCE * median(rates["send-few"]) },
      comparedWith: `to few: ${per("send-few")}`,
    },
    {
      what: "messages received and deleted, by tens",
      measured: median(rates["receive-few"]),
      unit: "/s",
      comparedWith: `sent one by one: ${per("send-few")}`,
    },
    {
      what: "the same, of a million messages",
      measured: median(rates["receive-full"]),
      unit: "/s",
      asked: { atLeast: TOLERANCE * median(rates["receive-few"]) },
      comparedWith: `of few: ${per("receive-few")}`,
    },
  ];
}

async function readyFigure(fullDirectory: string, progress: (doing: string) => void) {
  const empty = makeDirectory();
  const took = { full: [] as number[], empty: [] as number[] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`starting with a million messages, round ${round} of ${ROUNDS}`);
    took.full.push(await readyMs(fullDirectory));
    took.empty.push(await readyMs(empty.path));
  }
  empty.remove();
  return {
    what: "ready with a million messages stored",
    measured: median(took.full),
    unit: "ms",
    asked: { atMost: median(took.empty) / TOLERANCE },
    comparedWith: `with none: ${inWords(median(took.empty), "ms")}, both from the checkout`,
  };
}

async function readyMs(dataDirectory: string): Promise<number> {
  const server = await startFlyball({ dataDirectory });
  await server.stop();
  return server.readyMs;
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
