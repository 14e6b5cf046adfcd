import assert from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { Activity } from "../clock/activity.ts";
import { openStore } from "./store.ts";

const WRITERS = 8;
const KILLS = 4;
const STORE = new URL("./store.ts", import.meta.url).href;
const ACTIVITY = new URL("../clock/activity.ts", import.meta.url).href;

/**
 * Writes for ever: each transaction counts one writer's two keys up, and is acknowledged on stdout when its promise
 * has resolved. A transaction in four throws after its writes.
 */
const WRITE_FOR_EVER = `
  import { writeSync } from "node:fs";
  const { openStore } = await import(${JSON.stringify(STORE)});
  const { Activity } = await import(${JSON.stringify(ACTIVITY)});
  const store = openStore({ directory: process.argv[1], activity: new Activity() });
  for (let writer = 0; writer < ${WRITERS}; writer += 1) void count(writer);
  async function count(writer) {
    for (;;) {
      const thrown = Math.random() < 0.25;
      const n = await store.write((tx) => {
        const n = (tx.get(["left", writer])?.n ?? 0) + 1;
        tx.put(["left", writer], { n, filling: "x".repeat((n % 50) * 100) });
        if (thrown) throw undefined;
        tx.put(["right", writer], n);
        return n;
      }).catch((error) => { if (error) { writeSync(1, "error " + error.message + "\\n"); throw error; } });
      if (n !== undefined) writeSync(1, writer + " " + n + "\\n");
    }
  }
`;

const run = (script: string, directory: string): ChildProcess =>
  spawn(process.execPath, ["--input-type=module", "-e", script, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), "flyball-crash-"));
  const remove = () => rm(path, { recursive: true, force: true });
  return { path, [Symbol.asyncDispose]: remove };
}

test("Killed at any moment, the store has all that was acknowledged, and nothing by halves", async () => {
  await using directory = await temporary();
  const acknowledged = new Array<number>(WRITERS).fill(0);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = run(WRITE_FOR_EVER, directory.path);
    const killAfter = 20 + Math.floor(Math.random() * 2_000);
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout! })) {
      const [writer, n] = line.split(" ").map(Number);
      acknowledged[writer!] = n!;
      lines += 1;
      if (lines === killAfter) child.kill("SIGKILL");
    }
    assert(lines >= killAfter, "the writer wrote until it was killed");
    const store = openStore({ directory: directory.path, activity: new Activity() });
    for (let writer = 0; writer < WRITERS; writer += 1) {
      const [left, right] = store.read((tx) => [
        tx.get<{ n: number }>(["left", writer])?.n ?? 0,
        tx.get<number>(["right", writer]) ?? 0,
      ]);
      assert.equal(left, right, "two keys of one transaction agree");
      assert(
        right! >= acknowledged[writer]!,
        `${right} is what is left of ${acknowledged[writer]}`,
      );
      // What was committed and could not be acknowledged any more is one transaction a writer at most.
      assert(right! <= acknowledged[writer]! + 1);
      acknowledged[writer] = right!;
    }
    await store.close();
  }
});

/** Writes until the disk is full, which a limit of the size of files stands for; then what is small; then reads. */
const FILL = `
  const { openStore } = await import(${JSON.stringify(STORE)});
  const { Activity } = await import(${JSON.stringify(ACTIVITY)});
  const store = openStore({ directory: process.argv[1], activity: new Activity() });
  await store.write((tx) => tx.put(["kept"], "kept"));
  let failure;
  for (let n = 0; n < 1_000 && !failure; n += 1)
    await Promise.all([n, n + 0.5].map((part) => store.write((tx) => tx.put(["large", part], "x".repeat(100_000)))))
      .catch((error) => { failure = error; });
  const again = await store.write((tx) => tx.put(["small"], 1)).then(() => "written", () => "refused");
  console.log(JSON.stringify({ failure: failure?.message, again, kept: store.read((tx) => tx.get(["kept"])) }));
  process.exit();
`;

test("On a full disk writers are refused and not left waiting, and what there was can be read", async () => {
  await using directory = await temporary();
  const limited = spawn(
    "sh",
    [
      "-c",
      'ulimit -f 20480; exec "$0" --input-type=module -e "$1" "$2"',
      process.execPath,
      FILL,
      directory.path,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = await once(createInterface({ input: limited.stdout! }), "line");
  const { failure, again, kept } = JSON.parse(String(line));
  assert.match(failure, /\w/);
  assert.match(again, /^(written|refused)$/);
  assert.equal(kept, "kept");
  const store = openStore({ directory: directory.path, activity: new Activity() });
  assert.equal(
    store.read((tx) => tx.get(["kept"])),
    "kept",
  );
  await store.write((tx) => tx.put(["more"], 1));
  await store.close();
});
