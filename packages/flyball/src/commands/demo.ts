import { setTimeout } from "node:timers/promises";
import { ALARM_NAME, FUNCTION_NAME, MAX_RECEIVE_COUNT, OrderSystem } from "../demo/order-system.ts";
import { startFlyball } from "../index.ts";
import { styled } from "../style.ts";
import { parseOptions } from "../usage.ts";

export const help = `flyball demo: watch a runaway loop being stopped

Starts a cloud that keeps nothing, builds an order system with a configuration error in it, and sends it one order.
The exit code is 0 when everything went as it should.
`;

const POLL_MS = 20;
const STOPPED_AFTER = 16;
/** How far the allowed loop is watched: past where it would have been stopped. */
const ALLOWED_UNTIL = 20;
const PATIENCE_MS = 30_000;

export async function run(words: string[]): Promise<number> {
  parseOptions(words, {});
  const begun = performance.now();
  say(
    `An order system: ${bold("orders")} → ${bold(FUNCTION_NAME)} → ${bold("fulfilment")}, dead letters to ${bold("orders-dlq")}.`,
  );
  say(
    `Its error: TARGET_QUEUE_URL of ${FUNCTION_NAME} names ${bold("orders")}, the queue that invokes it.`,
  );
  await using flyball = await startFlyball({ ephemeral: true });
  step(`flyball ready on ${flyball.endpoint}`, begun);

  const system = new OrderSystem(flyball.clientConfig);
  await timed("built: 4 queues, a function, a mapping, a topic, an alarm", () => system.build());

  await timed("sent one order, A-1001; each line is an invocation's own log:", () =>
    system.sendOrder("A-1001"),
  );
  await watch(system, "A-1001", STOPPED_AFTER);

  const deadLetter = await timed(`the order is in orders-dlq`, () => system.deadLetter());
  expect(deadLetter?.includes("A-1001"), "the order was not found in orders-dlq");
  const ran = (await system.logLines("A-1001")).length;
  expect(ran === STOPPED_AFTER, `${FUNCTION_NAME} ran ${ran} times, and not ${STOPPED_AFTER}`);
  detail(
    `${deadLetter}: the ${ran + 1}th invocation was refused at each of ${MAX_RECEIVE_COUNT} receives`,
  );
  const [loop] = flyball.loops();
  expect(loop, "no stopped loop was recorded");
  detail(
    `round: ${[...loop.cycle, loop.functionArn].map((arn) => arn.split(":").at(-1)).join(" → ")}`,
  );

  const dropped = await timed("metric AWS/Lambda RecursiveInvocationsDropped", () =>
    system.droppedInvocations(),
  );
  expect(dropped > 0, "the metric was not emitted");
  detail(`Sum ${dropped}`);
  const mail = await timed(`alarm ${ALARM_NAME} has told the topic on-call`, () =>
    system.alarmMail(),
  );
  expect(mail, "the alarm sent nothing");
  detail(mail.subject);
  detail(mail.reason);

  await timed(
    "put-function-recursion-config --recursive-loop Allow; sent A-1002, which runs on:",
    async () => {
      await system.setRecursiveLoop("Allow");
      await system.sendOrder("A-1002");
    },
  );
  await watch(system, "A-1002", ALLOWED_UNTIL, STOPPED_AFTER);
  await timed("put right: TARGET_QUEUE_URL names fulfilment", () => system.mend());
  const fulfilled = await timed("the order has left the loop and is in fulfilment", () =>
    system.fulfilled(),
  );
  expect(fulfilled?.includes("A-1002"), "the order was not found in fulfilment");
  detail(`${fulfilled}`);
  await timed("put-function-recursion-config --recursive-loop Terminate: guarded again", () =>
    system.setRecursiveLoop("Terminate"),
  );
  say("");
  say(
    `Your own application: ${bold("npx flyball start")}, then ${bold('eval "$(npx flyball env)"')} and any AWS client.`,
  );
  return 0;
}

/** Prints the function's log lines about an order as they come, those after `from`, until it ran `times` times. */
async function watch(system: OrderSystem, order: string, times: number, from = 0): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let shown = 0;
  if (from > 0) detail(` …  ${from} invocations, where it would have been stopped`);
  while (shown < times) {
    const lines = await system.logLines(order);
    for (const line of lines.slice(shown, times)) {
      shown += 1;
      if (shown > from) detail(`${String(shown).padStart(2)}  ${line.split("\t").at(-1)}`);
    }
    expect(performance.now() < giveUpAt, `${order} went round ${shown} times only`);
    if (shown < times) await setTimeout(POLL_MS);
  }
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  step(what, begun);
  return result;
}

function expect(holds: unknown, otherwise: string): asserts holds {
  if (!holds) throw new Error(`The demo did not go as it should: ${otherwise}.`);
}

function step(what: string, begun: number): void {
  const took = styled("dim", `${Math.round(performance.now() - begun)} ms`);
  say(`${styled("green", "•")} ${what}  ${took}`);
}

function detail(text: string): void {
  say(`    ${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function bold(text: string): string {
  return styled("bold", text);
}
