import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { FlyballProcess, Scratch } from "../testing/flyball-process.ts";
import { Deliveries } from "./deliveries.ts";
import { clientsOf } from "./part.ts";
import { Random } from "./random.ts";

const SEED = Number(process.env.FLYBALL_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32));
const ROUNDS = 40;

test("garbage on the wire disturbs nobody else", async (context) => {
  context.diagnostic(`FLYBALL_CRASH_SEED=${SEED}`);
  const random = new Random(SEED);
  await using scratch = await Scratch.make();
  await using flyball = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
  const clients = clientsOf(flyball);
  const deliveries = new Deliveries();
  await deliveries.build(clients);
  const sockets: Socket[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const garbage of someGarbage(random)) sockets.push(await throwAt(flyball.port, garbage));
    await deliveries.step(clients, random);
  }
  await deliveries.check(clients);
  assert.equal((await fetch(`${flyball.endpoint}/_flyball/health`)).status, 200);
  assert.equal(flyball.stderr, "");

  // Connections that were left open do not hold it up.
  flyball.signal("SIGTERM");
  assert.equal((await flyball.ended()).code, 0);
  for (const socket of sockets) socket.destroy();
});

function someGarbage(random: Random): Buffer[] {
  const bytes = Buffer.from(
    Array.from({ length: random.between(1, 500) }, () => random.between(0, 255)),
  );
  const length = random.between(0, 10_000);
  return [
    bytes,
    Buffer.concat([Buffer.from("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"), bytes]),
    Buffer.concat([
      Buffer.from(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n`),
      Buffer.from(
        "X-Amz-Target: AmazonSQS.SendMessage\r\nContent-Type: application/x-amz-json-1.0\r\n\r\n",
      ),
      bytes,
    ]),
    Buffer.from(
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    ),
    Buffer.from(`GET /${"%".repeat(random.between(1, 100))} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    Buffer.from("PUT /2015-03-31/functions HTTP/1.1\r\nHost:"),
  ];
}

/** Sends it, and then hangs up or just keeps still. */
async function throwAt(port: number, garbage: Buffer): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  socket.resume().write(garbage);
  if (garbage.length % 2 === 0) socket.end();
  return socket;
}
