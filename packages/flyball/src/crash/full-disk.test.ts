import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreateFunctionCommand } from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { zipSync } from "fflate";
import { environment, FlyballProcess, Scratch, zipOf } from "../testing/flyball-process.ts";
import { Deliveries } from "./deliveries.ts";
import { type Clients, clientsOf, ROLE } from "./part.ts";
import { Random } from "./random.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const DISK_MEGABYTES = 24;
const BALLAST_BYTES = 8 * 2 ** 20;
const MESSAGE_BYTES = 200_000;
const STEPS_WHILE_FULL = 60;
/** Longer than anything that failed is put off. */
const LATER_SECONDS = 120;

/** A mount of one's own needs no root where the system allows user namespaces. */
const NAMESPACE = ["--user", "--map-root-user", "--mount"];

const noSmallDisk = reasonForNoSmallDisk();

test("on a full disk the failing call says so, the process lives on, and works again when there is room", {
  skip: noSmallDisk,
}, async () => {
  await using scratch = await Scratch.make();
  const disk = join(scratch.path, "disk");
  mkdirSync(disk);
  const child = spawn(
    "unshare",
    [
      ...NAMESPACE,
      ...["sh", "-c", `mount -t tmpfs -o size=${DISK_MEGABYTES}m tmpfs "$0" && exec "$@"`, disk],
      ...[process.execPath, MAIN, "start", "--port", "0", "--clock", "virtual"],
      ...["--data-dir", join(disk, "data")],
    ],
    {
      cwd: scratch.path,
      env: environment({ cwd: scratch.path }),
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  await using flyball = await FlyballProcess.ready(child);
  const clients = clientsOf(flyball);
  const deliveries = new Deliveries();
  await deliveries.build(clients);
  await deliveries.check(clients);

  // The disk as the process sees it.
  const ballast = `/proc/${flyball.pid}/root${disk}/ballast`;
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const { QueueUrl, sent } = await sendUntilFull(clients);
  // What the last commit did not take is taken too.
  fill(ballast);
  await assert.rejects(createFunction(clients, "large", largeCode()), isDiskFull);
  const random = new Random(1);
  for (let step = 0; step < STEPS_WHILE_FULL; step += 1)
    await deliveries.step(clients, random).catch((error) => assert.ok(isDiskFull(error), error));
  await advance(flyball, LATER_SECONDS);

  rmSync(ballast);
  await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "there is room again" }));
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  assert.equal(Number(Attributes?.ApproximateNumberOfMessages), sent + 1);
  await createFunction(clients, "small", zipOf("export const handler = async () => 1;"));
  await advance(flyball, LATER_SECONDS);
  for (let step = 0; step < 10; step += 1) await deliveries.step(clients, random);
  await advance(flyball, LATER_SECONDS);
  await deliveries.check(clients);

  assert.doesNotMatch(flyball.stderr, /defect/);
  flyball.signal("SIGINT");
  assert.equal((await flyball.ended()).code, 0);
});

async function sendUntilFull({ sqs }: Clients): Promise<{ QueueUrl: string; sent: number }> {
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "large" }));
  const MessageBody = "x".repeat(MESSAGE_BYTES);
  for (let sent = 0; ; sent += 1) {
    assert.ok(sent * MESSAGE_BYTES < DISK_MEGABYTES * 2 ** 20, "it took more than the disk holds");
    try {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    } catch (error) {
      assert.ok(isDiskFull(error), String(error));
      return { QueueUrl, sent };
    }
  }
}

/** As AWS answers what it cannot help: 500 `InternalFailure`, which every SDK knows for an error to try again after. */
function isDiskFull(error: unknown): boolean {
  const { name, message, $fault, $metadata } = error as Error & {
    $fault?: string;
    $metadata?: { httpStatusCode?: number };
  };
  assert.deepEqual(
    { name, $fault, status: $metadata?.httpStatusCode },
    { name: "InternalFailure", $fault: "server", status: 500 },
    String(error),
  );
  assert.match(message, /^The disk that \S+ is on is full: nothing of this request was kept\./);
  return true;
}

function fill(file: string): void {
  for (let chunk = 2 ** 20; chunk >= 512; )
    try {
      writeFileSync(file, Buffer.alloc(chunk), { flag: "a" });
    } catch {
      chunk /= 2;
    }
}

function largeCode(): Uint8Array {
  return zipSync({ "index.mjs": randomBytes(2 ** 21) }, { level: 0 });
}

function createFunction({ lambda }: Clients, name: string, zip: Uint8Array) {
  return lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: ROLE,
      Code: { ZipFile: zip },
    }),
  );
}

async function advance({ endpoint }: FlyballProcess, seconds: number): Promise<void> {
  const body = JSON.stringify({ advanceSeconds: seconds });
  const answer = await fetch(`${endpoint}/_flyball/clock`, { method: "POST", body });
  assert.equal(answer.status, 200);
}

function reasonForNoSmallDisk(): string | false {
  try {
    const words = [...NAMESPACE, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /tmp"];
    execFileSync("unshare", words, { stdio: "ignore" });
    return false;
  } catch {
    return "this machine does not let a test mount a small disk";
  }
}
