import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { type Inspection, type Lease, Semaphore } from "@flyball/semaphore";
import { type Flyball, startFlyball } from "../index.ts";
import {
  environment,
  eventually,
  type Finished,
  runFlyball,
  Scratch,
} from "../testing/flyball-process.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const TABLE = "locks";
const KEY = "LockName";
const EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:ocr:4711";

let scratch: Scratch;
let cloud: Flyball;
let client: DynamoDBClient;
before(async () => {
  scratch = await Scratch.make();
  cloud = await startFlyball({ ephemeral: true });
  client = new DynamoDBClient(cloud.clientConfig);
  await createTable(TABLE, [{ AttributeName: KEY, KeyType: "HASH" }]);
  await createTable("empty", [{ AttributeName: KEY, KeyType: "HASH" }]);
  await createTable("orders", [
    { AttributeName: "customer", KeyType: "HASH" },
    { AttributeName: "order", KeyType: "RANGE" },
  ]);
});
after(async () => {
  client.destroy();
  await cloud.stop();
  await scratch[Symbol.asyncDispose]();
});

async function createTable(
  name: string,
  KeySchema: { AttributeName: string; KeyType: "HASH" | "RANGE" }[],
): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema,
      AttributeDefinitions: KeySchema.map(({ AttributeName }) => {
        return { AttributeName, AttributeType: "S" };
      }),
    }),
  );
}

function semaphoreOf(name: string, limit: number): Semaphore {
  return new Semaphore({ client, table: TABLE, name, limit, recordAfterMs: 10 });
}

function semaphore(...words: string[]): Promise<Finished> {
  return runFlyball(["semaphore", ...words], {
    cwd: scratch.path,
    env: { AWS_ENDPOINT_URL: cloud.endpoint },
  });
}

async function shown(name: string): Promise<Inspection> {
  const { stdout, stderr } = await semaphore("show", "--table", TABLE, "--name", name, "--json");
  assert.equal(stderr, "");
  return JSON.parse(stdout) as Inspection;
}

/** Waits until the owners of a semaphore have said who they are. */
function recorded(users: Semaphore): Promise<Inspection> {
  return eventually("the owners' records", async () => {
    const inspection = await users.inspect();
    const all = [...inspection.holders, ...inspection.waiters];
    return all.every(({ owner }) => owner !== undefined) && inspection;
  });
}

/** What the original functions make of two units that an execution holds. */
async function putOriginal(name: string): Promise<void> {
  await client.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: {
        [KEY]: { S: name },
        currentlockcount: { N: "2" },
        nextavailtime: { N: "0" },
        [EXECUTION]: { S: "2026-01-02T03:04:05.678Z" },
      },
    }),
  );
}

describe("flyball semaphore list", () => {
  test("shows every semaphore of a table with what is held, the limit, and who waits", async () => {
    const [pages, scans] = [semaphoreOf("list-pages", 2), semaphoreOf("list-scans", 7)];
    const leases: Lease[] = [await pages.acquire(), await pages.acquire(), await scans.acquire()];
    const abort = new AbortController();
    const waiting = pages.acquire({ signal: abort.signal });
    await eventually("the line", async () => (await pages.inspect()).waiting === 1);
    await putOriginal("list-original");

    const { code, stdout, stderr } = await semaphore("list", "--table", TABLE);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^SEMAPHORE +HELD {2}LIMIT {2}WAITING$/m);
    assert.match(stdout, /^list-original +2 +\? +0$/m);
    assert.match(stdout, /^list-pages +2 +2 +1$/m);
    assert.match(stdout, /^list-scans +1 +7 +0$/m);
    assert.doesNotMatch(stdout, /flyball-ticket/, "an owner's record is no semaphore");

    const words = ["list", "--table", TABLE, "--key-attribute", KEY, "--json"];
    const { semaphores } = JSON.parse((await semaphore(...words)).stdout) as {
      semaphores: Inspection[];
    };
    const found = semaphores.find(({ name }) => name === "list-pages");
    assert.deepEqual([found?.held, found?.limit, found?.waiting], [2, 2, 1]);

    abort.abort();
    await assert.rejects(waiting);
    for (const lease of leases) await lease.release();
  });

  test("says so when there is none", async () => {
    const { code, stdout } = await semaphore("list", "--table", "empty");
    assert.deepEqual([code, stdout], [0, 'Table "empty" has no semaphores.\n']);
  });

  test("a table that is missing, or that can hold none, is named", async () => {
    const missing = await semaphore("list", "--table", "lokcs");
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
    assert.match(
      missing.stderr,
      /^flyball: There is no table "lokcs" at http:.* in this Region\.$/m,
    );
    const orders = await semaphore("list", "--table", "orders");
    assert.equal(orders.code, 1);
    assert.match(orders.stderr, /Table "orders" holds no semaphores: its key is not one attribute/);
    const elsewhere = await semaphore("list", "--table", TABLE, "--region", "eu-central-1");
    assert.equal(elsewhere.code, 1, "a Region is a world of its own");
  });

  test("where nothing answers, it says so, with the exit code for that", async () => {
    const { code, stderr } = await semaphore(
      ...["list", "--table", TABLE, "--endpoint", "http://127.0.0.1:9"],
    );
    assert.equal(code, 3);
    assert.match(stderr, /Nothing answers at http:\/\/127\.0\.0\.1:9/);
  });
});

describe("flyball semaphore show", () => {
  test("who holds what since when, with lease and token, who waits, and the next start", async () => {
    const users = new Semaphore({
      ...{ client, table: TABLE, name: "show", limit: 1, leaseMs: 20_000 },
      startsPerSecond: 0.05,
      recordAfterMs: 10,
    });
    const lease = await users.acquire({ owner: "ocr of page 1" });
    const abort = new AbortController();
    const waiting = users.acquire({ owner: "ocr of page 2", signal: abort.signal });
    await eventually("the line", async () => (await users.inspect()).waiting === 1);
    await recorded(users);

    const { code, stdout, stderr } = await semaphore("show", "--table", TABLE, "--name", "show");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^show: 1 of 1 held, 1 waiting$/m);
    assert.match(stdout, /^ {2}lease {7}20 s$/m);
    assert.match(stdout, /^ {2}next start {2}in \d+(\.\d)? s, at 20\d\d-/m);
    assert.match(stdout, new RegExp(`ocr of page 1  token ${lease.token}  since 20\\d\\d-.*Z, `));
    assert.match(stdout, /who waits\n {4}1\. ocr of page 2 {2}ticket \d+ {2}since 20/);

    abort.abort();
    await assert.rejects(waiting);
    await lease.release();
  });

  test("an execution that the original functions wrote is shown too", async () => {
    await putOriginal("show-original");
    const { stdout } = await semaphore("show", "--table", TABLE, "--name", "show-original");
    assert.match(stdout, /^show-original: 2 held, 0 waiting$/m);
    assert.ok(stdout.includes(`${EXECUTION}  execution  since 2026-01-02T03:04:05.678Z`), stdout);
  });

  test("a semaphore that is missing is an error, and comes not into being by the look", async () => {
    for (let look = 0; look < 2; look += 1) {
      const { code, stderr } = await semaphore("show", "--table", TABLE, "--name", "nobody");
      assert.equal(code, 1);
      assert.match(stderr, /Table "locks" has no semaphore "nobody"\. "flyball semaphore list/);
    }
  });
});

describe("flyball semaphore release", () => {
  test("takes an owner's units from it, and who waits has them; the owner is told", async () => {
    const users = semaphoreOf("release", 1);
    const lease = await users.acquire({ owner: "asleep" });
    await recorded(users);
    const next = users.acquire({ owner: "next" });
    const words = ["release", "--table", TABLE, "--name", "release", "--owner", "asleep", "--yes"];
    const { code, stdout, stderr } = await semaphore(...words);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`^released: asleep, token ${lease.token}, since 20`, "m"));
    assert.match(stdout, /^release: [01] of 1 held/m);
    const taken = await next;
    assert.ok(taken.token > lease.token);
    await eventually("the loss", () => lease.signal.aborted);
    const { held, holders } = await shown("release");
    assert.deepEqual([held, holders.length], [1, 1]);
    await taken.release();
  });

  test("an owner goes by its fencing token, too", async () => {
    const users = semaphoreOf("release-token", 2);
    const [one, other] = [await users.acquire(), await users.acquire()];
    const words = ["release", "--table", TABLE, "--name", "release-token", "--yes", "--json"];
    const { stdout } = await semaphore(...words, "--owner", String(one.token));
    const answer = JSON.parse(stdout) as { released: { token: number }[]; semaphore: Inspection };
    assert.deepEqual(
      answer.released.map(({ token }) => token),
      [one.token],
    );
    assert.equal(answer.semaphore.held, 1);
    await other.release();
  });

  test("an execution gives back as many units as one is told", async () => {
    await putOriginal("release-original");
    const words = ["release", "--table", TABLE, "--name", "release-original", "--yes"];
    const { code, stdout } = await semaphore(...words, "--owner", EXECUTION, "--units", "2");
    assert.equal(code, 0);
    assert.match(stdout, /^release-original: 0 held, 0 waiting$/m);
    assert.deepEqual((await shown("release-original")).holders, []);
  });

  test("who holds nothing is told so, with who does", async () => {
    const users = semaphoreOf("release-nothing", 2);
    const words = ["release", "--table", TABLE, "--name", "release-nothing", "--owner", "me"];
    await users.initialize();
    const nobody = await semaphore(...words, "--yes");
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /"me" holds nothing of "release-nothing": nobody does\./);
    const lease = await users.acquire({ owner: "you" });
    await recorded(users);
    const other = await semaphore(...words, "--yes");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /"me" holds nothing of "release-nothing"\. Who does: "you"\./);
    assert.equal((await shown("release-nothing")).held, 1);
    await lease.release();
  });

  test("without a terminal to ask at it wants --yes, and takes nothing", async () => {
    const users = semaphoreOf("release-ask", 1);
    const lease = await users.acquire({ owner: "me" });
    await recorded(users);
    const words = ["release", "--table", TABLE, "--name", "release-ask", "--owner", "me"];
    const { code, stderr } = await semaphore(...words);
    assert.equal(code, 2);
    assert.match(stderr, /no terminal to ask at: --yes releases without asking/);
    assert.equal((await shown("release-ask")).held, 1);
    await lease.release();
  });
});

describe("flyball semaphore watch", () => {
  test("in a pipe it writes a line for each look", async () => {
    const users = semaphoreOf("watch", 3);
    await using _lease = await users.acquire();
    const words = ["watch", "--table", TABLE, "--name", "watch", "--interval", "0.05"];
    const { code, stdout, stderr } = await semaphore(...words, "--count", "3");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^(\d\d:\d\d:\d\d watch: 1 of 3 held, 0 waiting\n){3}$/);
    const json = await semaphore(...words, "--count", "2", "--json");
    const looks = json.stdout.trim().split("\n");
    assert.deepEqual(
      looks.map((line) => (JSON.parse(line) as Inspection).held),
      [1, 1],
    );
  });

  test("it ends well at Ctrl-C", async () => {
    await semaphoreOf("watch-end", 3).initialize();
    const words = ["watch", "--table", TABLE, "--name", "watch-end", "--interval", "60"];
    const child = spawn(process.execPath, [MAIN, "semaphore", ...words], {
      cwd: scratch.path,
      env: environment({ cwd: scratch.path, env: { AWS_ENDPOINT_URL: cloud.endpoint } }),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
  });
});

describe("at a terminal", { skip: hasScript() ? false : "script(1) is not there" }, () => {
  /** Runs a command at a terminal of 60 × 20, with these answers typed. */
  async function atTerminal(words: string[], typed = ""): Promise<string> {
    const quoted = [process.execPath, MAIN, "semaphore", ...words].map((word) => `'${word}'`);
    const command = `stty cols 60 rows 20; ${quoted.join(" ")}`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: scratch.path,
      env: environment({ cwd: scratch.path, env: { AWS_ENDPOINT_URL: cloud.endpoint } }),
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("[y/N]") && typed) child.stdin.end(typed);
    });
    await once(child, "close");
    return output;
  }

  test("watch draws what was held, within the terminal's width and height", async () => {
    const users = semaphoreOf("drawn", 4);
    await using _one = await users.acquire({ owner: "a name that is rather long ".repeat(4) });
    await using _other = await users.acquire();
    await recorded(users);
    const words = ["watch", "--table", TABLE, "--name", "drawn", "--interval", "0.1"];
    const output = await atTerminal([...words, "--count", "4"]);
    const [last = ""] = output.split("\u001b[H").slice(-1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
    const [frame = ""] = last.replaceAll(/\u001b\[\d*[mK]/g, "").split(/\u001b/);
    const lines = frame.split(/\r?\n/);
    assert.match(lines[0] ?? "", /^drawn: 2 of 4 held, 0 waiting {2}\d\d:\d\d:\d\d$/);
    assert.match(frame, /^ +4 ┤ +\r?$/m);
    assert.match(frame, /^ +0 │ +█+\r?$/m);
    assert.match(frame, /5 min ago ─+ now/);
    assert.match(frame, /a name that is rather long .*…/);
    assert.ok(lines.length <= 20, frame);
    for (const line of lines) assert.ok(line.length <= 60, line);
  });

  test("release asks, and takes no for an answer", async () => {
    const users = semaphoreOf("asked", 2);
    const lease = await users.acquire({ owner: "me" });
    await recorded(users);
    const words = ["release", "--table", TABLE, "--name", "asked", "--owner", "me"];
    assert.match(
      await atTerminal(words, "\n"),
      /Take this unit of "asked" .*nothing was released/s,
    );
    assert.equal((await shown("asked")).held, 1);
    assert.match(await atTerminal(words, "y\n"), /released: me, token/);
    assert.equal((await shown("asked")).held, 0);
    await eventually("the loss", () => lease.signal.aborted);
  });
});

test("words that make no sense are answered with what there is", async () => {
  const cases: [string[], RegExp][] = [
    [[], /takes list, show, release, watch first/],
    [["steal"], /has no "steal"\. There is: list, show, release, watch/],
    [["list"], /It needs --table/],
    [["show", "--table", TABLE], /It needs --name/],
    [["release", "--table", TABLE, "--name", "n"], /It needs --owner/],
    [["watch", "--table", TABLE, "--name", "n", "--interval", "0"], /--interval takes a number/],
    [["list", "--table", TABLE, "--endpoint", "nowhere"], /--endpoint takes a URL/],
  ];
  for (const [words, complaint] of cases) {
    const { code, stderr } = await semaphore(...words);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, complaint);
  }
});

function hasScript(): boolean {
  try {
    // BSD's takes other words.
    return /util-linux/.test(execFileSync("script", ["--version"], { encoding: "utf8" }));
  } catch {
    return false;
  }
}
