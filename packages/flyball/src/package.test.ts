import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { complaintAbout } from "./node-version.ts";
import {
  environment,
  eventually,
  FlyballProcess,
  Scratch,
  zipOf,
} from "./testing/flyball-process.ts";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const WORKSPACE = fileURLToPath(new URL("../../..", import.meta.url));
const TSC = join(WORKSPACE, "node_modules/.bin/tsc");
const ROLE = "arn:aws:iam::000000000000:role/r";

const execute = promisify(execFile);

async function manifestOf(directory: string) {
  return JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
}

test("the package depends on what the runtime depends on, and on what the demo zips with", async () => {
  const runtime = await manifestOf(join(PACKAGE, "../runtime"));
  const { dependencies } = await manifestOf(PACKAGE);
  // The workspace's own packages are bundled.
  const foreign = Object.entries(runtime.dependencies).filter(
    ([name]) => !name.startsWith("@flyball/"),
  );
  assert.deepEqual(dependencies, {
    ...Object.fromEntries(foreign),
    fflate: runtime.devDependencies.fflate,
  });
});

describe("what npm pack makes of it, installed into an empty folder", () => {
  let scratch: Scratch;
  /** Where it is installed, as the file system itself names it. */
  let home: string;
  let env: Record<string, string>;
  /** Every file that a process loaded as a module, a line each. */
  let loaded: string;

  before(async () => {
    scratch = await Scratch.make();
    home = realpathSync(scratch.path);
    loaded = join(home, "loaded.txt");
    await execute("npm", ["pack", "--pack-destination", home], { cwd: PACKAGE });
    const [tarball = ""] = (await readdir(home)).filter((name) => name.endsWith(".tgz"));
    const quick = ["--prefer-offline", "--no-audit", "--no-fund"];
    await execute("npm", ["install", ...quick, join(home, tarball)], { cwd: home });
    const hook = join(home, "hook.mjs");
    await writeFile(
      hook,
      `import { appendFileSync } from "node:fs";
       import { registerHooks } from "node:module";
       registerHooks({
         load(url, context, next) {
           appendFileSync(${JSON.stringify(loaded)}, url + "\\n");
           return next(url, context);
         },
       });`,
    );
    // npx runs the command by its first line, with the node that the PATH has.
    const path = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
    env = {
      ...environment({ cwd: home }),
      PATH: path,
      NODE_OPTIONS: `--import=${pathToFileURL(hook)}`,
    };
  });
  after(() => scratch[Symbol.asyncDispose]());

  async function assertNothingLoadedFromElsewhere(): Promise<void> {
    const inside = pathToFileURL(home).href;
    const npm = /\/npm\/(bin|lib|node_modules|index)|\/npm\/package\.json/;
    const urls = (await readFile(loaded, "utf8")).trim().split("\n");
    assert.ok(urls.some((url) => url.includes("/node_modules/flyball/dist/")));
    const outside = urls.filter(
      (url) => url.startsWith("file:") && !url.startsWith(`${inside}/`) && !npm.test(url),
    );
    assert.deepEqual([...new Set(outside)], []);
  }

  test("it holds no path and no package of the workspace, and its readme and licence", async () => {
    const installed = join(home, "node_modules/flyball");
    for (const name of await readdir(join(installed, "dist"))) {
      if (!/\.(js|mjs|ts)$/.test(name)) continue;
      const text = await readFile(join(installed, "dist", name), "utf8");
      assert.ok(!text.includes(WORKSPACE), `${name} names ${WORKSPACE}`);
      assert.doesNotMatch(text, /from "@flyball\/|import\("@flyball\//, name);
    }
    assert.ok(!existsSync(join(home, "node_modules/@flyball")));
    for (const file of ["README.md", "LICENSE", "package.json"])
      assert.ok(existsSync(join(installed, file)), file);
  });

  test("npx flyball start runs an application whole, and stops its loop", async () => {
    const child = spawn("npx", ["flyball", "start", "--port", "0"], {
      cwd: home,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, as a terminal gives one: Ctrl-C reaches npx and what it started.
      detached: true,
    });
    const group = child.pid ?? 0;
    await using flyball = await FlyballProcess.ready(child);
    await createLoop(flyball);
    const { stdout } = await eventually("the loop", async () => {
      const finished = await execute("npx", ["flyball", "loops"], {
        cwd: home,
        env: { ...env, AWS_ENDPOINT_URL: flyball.endpoint },
      });
      return /loop stopped/.test(finished.stdout) && finished;
    });
    assert.match(stdout, /loop stopped {2}again had run 16 times in one chain of requests/);
    assert.match(stdout, /round {4}again → orders \(sqs\) → again/);
    // The semaphore's package is bundled, and finds the table's answer through the SDK that was installed.
    await assert.rejects(
      execute("npx", ["flyball", "semaphore", "list", "--table", "locks"], {
        cwd: home,
        env: { ...env, AWS_ENDPOINT_URL: flyball.endpoint },
      }),
      /There is no table "locks" at http/,
    );
    process.kill(-group, "SIGINT");
    const { stderr } = await flyball.ended();
    // npm has warnings of its own.
    assert.equal(stderr.replaceAll(/^npm .*\n/gm, ""), "");
    assert.deepEqual(await readdir(join(home, ".flyball")), ["cloud"]);
    await assertNothingLoadedFromElsewhere();
  });

  /** A queue, and a function that puts back what comes out of it; with the SDK that the runtime brings along. */
  async function createLoop({ clientConfig }: FlyballProcess): Promise<void> {
    const sqs = new SQSClient(clientConfig);
    const lambda = new LambdaClient(clientConfig);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "orders" }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "again",
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: ROLE,
        Environment: { Variables: { QUEUE_URL: QueueUrl ?? "" } },
        Code: {
          ZipFile: zipOf(`
            import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
            const sqs = new SQSClient({});
            export async function handler({ Records }) {
              for (const { body } of Records ?? [])
                await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: body }));
              return process.argv[1];
            }`),
        },
      }),
    );
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "again", Payload: Buffer.from("{}") }),
    );
    assert.equal(
      JSON.parse(Payload?.transformToString() ?? ""),
      join(home, "node_modules/flyball/dist/bootstrap/node.cjs"),
    );
    await lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: "again",
        EventSourceArn: Attributes?.QueueArn,
      }),
    );
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "A-1" }));
  }

  const noPython = hasPython() ? false : "there is no python3 on this machine";
  test("a Python function runs", { skip: noPython }, async () => {
    const child = spawn("npx", ["flyball", "start", "--port", "0", "--ephemeral"], {
      cwd: home,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    await using flyball = await FlyballProcess.ready(child);
    const lambda = new LambdaClient(flyball.clientConfig);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: "greet",
        Runtime: "python3.13",
        Handler: "greet.handler",
        Role: ROLE,
        Timeout: 30,
        Code: {
          ZipFile: zipOf(
            "def handler(event, context):\n    return f\"hello {event['name']}\"\n",
            "greet.py",
          ),
        },
      }),
    );
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: "greet", Payload: Buffer.from('{"name":"Ada"}') }),
    );
    assert.deepEqual([FunctionError, Payload?.transformToString()], [undefined, '"hello Ada"']);
    process.kill(-(child.pid ?? 0), "SIGINT");
    await flyball.ended();
  });

  test("startFlyball is imported and used", async () => {
    const script = join(home, "script.mjs");
    await writeFile(
      script,
      `import { startFlyball } from "flyball";
       import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
       const flyball = await startFlyball({ ephemeral: true, clock: "virtual", startTime: 0 });
       const sqs = new SQSClient(flyball.clientConfig);
       const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "q" }));
       await flyball.advance(1000);
       console.log(QueueUrl === flyball.endpoint + "/000000000000/q", flyball.loops().length);
       await flyball.stop();`,
    );
    const { stdout, stderr } = await execute(process.execPath, [script], { cwd: home, env });
    assert.deepEqual([stdout, stderr], ["true 0\n", ""]);
    await assertNothingLoadedFromElsewhere();
  });

  test("state machines in JSONata, rules, schedules and pipes work", async () => {
    const script = join(home, "states-and-events.mjs");
    await copyFile(
      fileURLToPath(new URL("testing/states-and-events.mjs", import.meta.url)),
      script,
    );
    const { stdout, stderr } = await execute(process.execPath, [script], { cwd: home, env });
    assert.deepEqual([JSON.parse(stdout), stderr], [['"SUCCEEDED"', "piped 42"], ""]);
    await assertNothingLoadedFromElsewhere();
  });

  test("its types are whole, and refuse what is wrong", async () => {
    await writeFile(
      join(home, "consumer.mts"),
      `import { SQSClient } from "@aws-sdk/client-sqs";
       import { type Flyball, type FlyballOptions, type Loop, startFlyball } from "flyball";

       const options: FlyballOptions = { ephemeral: true, clock: "virtual", startTime: 0, port: 0, host: "::1", stopUncoveredLoops: true, sfnMockConfig: "mocks.json" };
       export async function use(): Promise<string[]> {
         await using flyball: Flyball = await startFlyball(options);
         new SQSClient(flyball.clientConfig).destroy();
         await flyball.advance(1000);
         await flyball.reset();
         const loops: readonly Loop[] = flyball.loops();
         await flyball.stop();
         return loops.flatMap(({ functionArn, cycle, hops }) => [functionArn, ...cycle, ...hops.map(({ to }) => to)]);
       }
       // @ts-expect-error: there is no such clock
       startFlyball({ clock: "sundial" });
       // @ts-expect-error: there is no such option
       startFlyball({ persistent: true });
       // @ts-expect-error: a time is a number of milliseconds
       startFlyball().then((flyball) => flyball.advance("900"));`,
    );
    const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023"];
    // The typings of the SDK itself lean on Node's; Flyball's own lean on nothing, and are checked apart.
    const alone = ["--lib", "es2023,esnext.disposable", "--types", ""];
    const declarations = join(home, "node_modules/flyball/dist/index.d.ts");
    await check([...strict, ...alone, declarations]);
    const together = ["--lib", "es2023,dom,esnext.disposable", "--skipLibCheck"];
    const nodeTypes = ["--typeRoots", join(WORKSPACE, "node_modules/@types"), "--types", "node"];
    await check([...strict, ...together, ...nodeTypes, join(home, "consumer.mts")]);
  });

  async function check(words: string[]): Promise<void> {
    await execute(TSC, words, { cwd: home }).catch((error: { stdout: string }) =>
      assert.fail(error.stdout),
    );
  }

  const old = olderNode();
  test("a Node.js that is too old says so, and no more", {
    skip: old === undefined ? "there is no older Node.js on the PATH" : false,
  }, async () => {
    const main = join(home, "node_modules/flyball/dist/main.js");
    const { code, stdout, stderr } = await execute(old ?? "", [main, "start"], {
      cwd: home,
      env: environment({ cwd: home }),
    }).then(
      () => assert.fail("it started"),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^flyball: Node\.js \S+ is too old: Flyball needs 22\.15\.0 or later.*\n$/,
    );
  });
});

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A Node.js on the PATH that Flyball does not run on. */
function olderNode(): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((directory) => join(directory, "node"))
    .filter((file) => existsSync(file))
    .find((file) => {
      try {
        const version = execFileSync(file, ["--version"], { encoding: "utf8" });
        return complaintAbout(version.trim().slice(1)) !== undefined;
      } catch {
        return false;
      }
    });
}
