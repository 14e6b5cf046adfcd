/**
 * The whole loop of the AWS blog: a function takes a message out of a queue and sends it, by the official SDK, to
 * the same queue again. Timed from the sending of the first message until Flyball tells that it stopped the
 * seventeenth invocation, with a data directory. Compared with sixteen times what the function itself takes when warm, by
 * the REPORT lines of the same rounds; its own time has its own SendMessage in it.
 */
import { EventEmitter, once } from "node:events";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { type Benchmark, inWords, median } from "./figure.ts";
import { open, sqsRequest } from "./load.ts";
import { makeDirectory, startFlyball } from "./processes.ts";
import { arnOf, clientConfig, System } from "./system.ts";

const ROUNDS = 11;
const INVOCATIONS = 16;
const HOP_MS_ASKED = 5;

export const benchmark: Benchmark = async (progress) => {
  const directory = makeDirectory();
  const server = await startFlyball({ dataDirectory: directory.path, flags: ["--json"] });
  const system = new System(server.endpoint);
  await system.createQueue("given-up");
  // What was refused is given up soon, so that a round does not meet the one before it.
  const redrive = { deadLetterTargetArn: arnOf("given-up"), maxReceiveCount: 1 };
  const queueUrl = await system.createQueue("loop", {
    VisibilityTimeout: "3",
    RedrivePolicy: JSON.stringify(redrive),
  });
  await system.createFunction("loop", "forward.mjs", "nodejs24.x", {
    TARGET_QUEUE_URL: queueUrl,
  });
  await system.map("loop", "loop");
  const stops = new EventEmitter();
  server.onLine((line) => {
    if (JSON.parse(line).event === "loop") stops.emit("stop", performance.now());
  });
  const connection = await open(server.port);
  const took: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    progress(round === 0 ? "the first loop, with its cold start" : `loop ${round} of ${ROUNDS}`);
    const stopped = once(stops, "stop");
    const sentAt = performance.now();
    await connection.exchange(sqsRequest("SendMessage", { QueueUrl: queueUrl, MessageBody: "{}" }));
    const [stoppedAt] = await stopped;
    took.push(stoppedAt - sentAt);
  }
  connection.close();
  const ownMs = await warmDuration(server.endpoint);
  await server.stop();
  directory.remove();
  const wholeMs = median(took.slice(1));
  const hopMs = inWords(wholeMs / INVOCATIONS - ownMs, "ms");
  return [
    {
      what: "the whole loop, to its stop",
      measured: wholeMs,
      unit: "ms",
      asked: { atMost: INVOCATIONS * (ownMs + HOP_MS_ASKED) },
      comparedWith: `16 × the function's own ${inWords(ownMs, "ms")}; a hop costs ${hopMs}`,
    },
  ];
};

/** Milliseconds, of the invocations that did not start an environment. */
async function warmDuration(endpoint: string): Promise<number> {
  const logs = new CloudWatchLogsClient(clientConfig(endpoint));
  const input = { logGroupName: "/aws/lambda/loop", filterPattern: "REPORT" };
  const { events = [] } = await logs.send(new FilterLogEventsCommand(input));
  return median(
    events
      .map(({ message = "" }) => message)
      .filter((message) => !message.includes("Init Duration"))
      .map((message) => Number(/Duration: ([\d.]+) ms/.exec(message)?.[1])),
  );
}
