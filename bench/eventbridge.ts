/**
 * What 1,000 rules on a bus cost an event: PutEvents over HTTP on one connection to a bus of one rule, and to one of a
 * thousand of which one matches, in turns.
 */
import assert from "node:assert/strict";
import { type Benchmark, inWords, median, percentile } from "./figure.ts";
import { type Connection, eventsRequest, open, sqsRequest } from "./load.ts";
import { startFlyball } from "./processes.ts";

const TURNS = 2_000;
const WARM_UP = 300;
const RULES = 1_000;
const QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:matched";

/** Patterns of many kinds: by source and type, by what is in the detail, and by what no index helps with. */
function patternOf(number: number): object {
  switch (number % 4) {
    case 0:
      return { source: [`shop.${number}`], "detail-type": ["Order placed"] };
    case 1:
      return { source: ["shop.orders"], detail: { kind: [`kind-${number}`] } };
    case 2:
      return { detail: { total: [{ numeric: [">", 1_000 + number] }] } };
    default:
      return { source: [{ prefix: `other-${number}` }], detail: { kind: [{ exists: true }] } };
  }
}

export const benchmark: Benchmark = async (progress) => {
  const server = await startFlyball();
  const connection = await open(server.port);
  await connection.exchange(sqsRequest("CreateQueue", { QueueName: "matched" }));
  for (const [bus, rules] of [
    ["few", 0],
    ["many", RULES - 1],
  ] as const) {
    progress(`making a bus of ${rules + 1} rules`);
    await connection.exchange(eventsRequest("CreateEventBus", { Name: bus }));
    for (let number = 0; number < rules; number += 1)
      await putRule(connection, bus, `rule-${number}`, patternOf(number));
    await putRule(connection, bus, "matching", {
      source: ["shop.orders"],
      "detail-type": ["Order placed"],
    });
  }
  progress("putting events to both, in turns");
  const took = { few: [] as number[], many: [] as number[] };
  for (let turn = -WARM_UP; turn < TURNS; turn += 1)
    for (const bus of ["few", "many"] as const) {
      const sentAt = performance.now();
      const answer = JSON.parse(String(await connection.exchange(putRequest(bus, turn))));
      if (turn >= 0) took[bus].push(performance.now() - sentAt);
      assert.equal(answer.FailedEntryCount, 0);
    }
  connection.close();
  await server.stop();
  const few = median(took.few);
  return [
    {
      what: `what an event pays for ${RULES.toLocaleString("en")} rules on its bus`,
      measured: median(took.many) - few,
      unit: "ms",
      asked: { atMost: 1 },
      comparedWith: `PutEvents on a bus of one rule: ${inWords(few, "ms")}; 99 of 100 on the other within ${inWords(percentile(took.many, 0.99), "ms")}`,
    },
  ];
};

async function putRule(
  connection: Connection,
  bus: string,
  name: string,
  pattern: object,
): Promise<void> {
  const rule = { EventBusName: bus, Name: name, EventPattern: JSON.stringify(pattern) };
  await connection.exchange(eventsRequest("PutRule", rule));
  const targets = { EventBusName: bus, Rule: name, Targets: [{ Id: "queue", Arn: QUEUE_ARN }] };
  await connection.exchange(eventsRequest("PutTargets", targets));
}

function putRequest(bus: string, number: number): Buffer {
  const event = {
    EventBusName: bus,
    Source: "shop.orders",
    DetailType: "Order placed",
    Detail: JSON.stringify({ kind: "book", total: number % 500 }),
  };
  return eventsRequest("PutEvents", { Entries: [event] });
}
