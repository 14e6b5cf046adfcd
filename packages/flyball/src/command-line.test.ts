import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { OrderSystem } from "./demo/order-system.ts";
import { complaintAbout } from "./node-version.ts";
import {
  environment,
  eventually,
  type Finished,
  FlyballProcess,
  runFlyball,
  Scratch,
} from "./testing/flyball-process.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const COMMANDS = [
  "demo",
  "start",
  "env",
  "status",
  "loops",
  "faults",
  "semaphore",
  "reset",
  "doctor",
];
const execute = promisify(execFile);

let scratch: Scratch;
before(async () => {
  scratch = await Scratch.make();
});
after(() => scratch[Symbol.asyncDispose]());

function flyball(...words: string[]): Promise<Finished> {
  return runFlyball(words, { cwd: scratch.path });
}

/** Output in a pipe has neither escape codes nor a stack trace. */
function assertPlain({ stdout, stderr }: Finished): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
  assert.doesNotMatch(stdout + stderr, /\u001b|^\s+at .*:\d+/m);
}

describe("help", () => {
  test("each command says what it takes, by whatever words it is asked", async () => {
    const general = await flyball("--help");
    assert.equal(general.code, 0);
    const helps = COMMANDS.map(async (name) => {
      assert.match(general.stdout, new RegExp(`^ {2}flyball ${name} `, "m"));
      const [one, other] = await Promise.all([flyball(name, "--help"), flyball("help", name)]);
      assert.deepEqual(one, other);
      assert.deepEqual({ code: one.code, stderr: one.stderr }, { code: 0, stderr: "" });
      assert.match(one.stdout, new RegExp(`^flyball ${name}: `));
      assertPlain(one);
    });
    await Promise.all(helps);
  });

  test("no command shows the help, and is an error for programs", async () => {
    const { code, stdout } = await flyball();
    assert.equal(code, 2);
    assert.match(stdout, /flyball start/);
  });

  test("a command that there is none of is named, with those that there are", async () => {
    const finished = await flyball("sart");
    assert.deepEqual([finished.code, finished.stdout], [2, ""]);
    assert.match(finished.stderr, /There is no command "sart"\. There is: demo, start,/);
    assertPlain(finished);
  });

  test("--version is the package's", async () => {
    const { code, stdout } = await flyball("--version");
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test("a Node.js that is too old is named, and which would do", () => {
    for (const version of ["18.20.4", "20.20.2", "22.14.0", "22.9.9", "9.0.0"])
      assert.match(
        complaintAbout(version) ?? "",
        new RegExp(`^Node\\.js ${version} is too old: .* 22\\.15\\.0`),
      );
    for (const version of ["22.15.0", "22.15.1", "22.20.0", "23.0.0", "24.21.0", "24.0.0-nightly"])
      assert.equal(complaintAbout(version), undefined);
  });
});

describe("flyball env", () => {
  const expected = {
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    AWS_ACCESS_KEY_ID: "000000000000",
    AWS_SECRET_ACCESS_KEY: "flyball",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
  };

  test("a shell evaluates it to the variables that --json shows, whatever is in them", async () => {
    const words = ["--endpoint", "http://host:1/a'b$(c)\"", "--region", "eu west"];
    const [sh, json] = await Promise.all([
      flyball("env", ...words),
      flyball("env", ...words, "--json"),
    ]);
    const variables = JSON.parse(json.stdout);
    assert.deepEqual(variables, {
      ...expected,
      AWS_ENDPOINT_URL: "http://host:1/a'b$(c)\"",
      AWS_REGION: "eu west",
      AWS_DEFAULT_REGION: "eu west",
    });
    const { stdout } = await execute("sh", ["-c", `eval "$1"; env`, "sh", sh.stdout], { env: {} });
    for (const [name, value] of Object.entries(variables))
      assert.ok(stdout.split("\n").includes(`${name}=${value}`), `${name} in ${stdout}`);
  });

  test("fish and PowerShell get their own words", async () => {
    const endpoint = ["--endpoint", "http://a'b"];
    const [fish, powershell, csh] = await Promise.all([
      flyball("env", "--shell", "fish", ...endpoint),
      flyball("env", "--shell", "powershell", ...endpoint),
      flyball("env", "--shell", "csh"),
    ]);
    assert.ok(fish.stdout.startsWith("set -gx AWS_ENDPOINT_URL 'http://a'\\''b'\n"));
    assert.ok(powershell.stdout.startsWith("$Env:AWS_ENDPOINT_URL = 'http://a''b'\n"));
    assert.equal(csh.code, 2);
    assert.match(csh.stderr, /--shell takes sh or fish or powershell, not "csh"/);
  });

  test("what is no account and no URL is refused", async () => {
    const wrong: [string[], RegExp][] = [
      [["--account", "12"], /--account takes 12 digits, not "12"/],
      [["--endpoint", "localhost:4566"], /--endpoint takes a URL like http:/],
    ];
    for (const [words, message] of wrong) {
      const { code, stderr } = await flyball("env", ...words);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });
});

describe("with no cloud at the endpoint", () => {
  const servers: Server[] = [];
  after(() => {
    for (const server of servers) server.close();
  });

  async function listening(server: Server): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test("status exits with 1, what asks for more with 3, and each says where it looked", async () => {
    const server = createServer();
    const endpoint = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    for (const [name, code] of [
      ["status", 1],
      ["loops", 3],
      ["reset", 3],
    ] as const) {
      const finished = await flyball(name, "--endpoint", endpoint);
      assert.equal(finished.code, code);
      const said = name === "status" ? finished.stdout : finished.stderr;
      assert.ok(said.includes(`Nothing answers at ${endpoint} (ECONNREFUSED).`), said);
      assertPlain(finished);
    }
    const { stdout } = await flyball("status", "--json", "--endpoint", endpoint);
    assert.deepEqual(JSON.parse(stdout), { status: "stopped", endpoint });
  });

  test("another server there is told from Flyball, whatever it answers", async () => {
    const endpoints = await Promise.all([
      listening(createHttpServer((_, response) => response.end("<html>hello</html>"))),
      listening(createHttpServer((_, response) => response.writeHead(404).end("no"))),
      listening(createHttpServer((_, response) => response.end("{}"))),
      listening(createServer((socket) => socket.on("error", () => {}).end("220 mail\r\n"))),
    ]);
    const runs = endpoints.map(async (endpoint) => {
      const [text, json] = await Promise.all([
        flyball("status", "--endpoint", endpoint),
        flyball("status", "--json", "--endpoint", endpoint),
      ]);
      assert.equal(text.code, 1);
      assert.ok(text.stdout.startsWith(`What answers at ${endpoint} is not Flyball`), text.stdout);
      assert.deepEqual(JSON.parse(json.stdout), { status: "not flyball", endpoint });
      assertPlain(text);
    });
    await Promise.all(runs);
  });
});

describe("with a cloud that stopped a loop", () => {
  let cloud: FlyballProcess;
  let follower: ReturnType<typeof following>;
  let jsonFollower: ReturnType<typeof following>;
  before(async () => {
    cloud = await FlyballProcess.start(["--ephemeral"], { cwd: scratch.path });
    follower = following();
    jsonFollower = following("--json");
    const system = new OrderSystem(cloud.clientConfig);
    await system.build();
    await Promise.all([follower.begun, jsonFollower.begun]);
    await system.sendOrder("A-1");
    await eventually("the stop", () => /loop stopped/.test(cloud.stdout));
  });
  after(() => cloud[Symbol.asyncDispose]());

  function ask(...words: string[]): Promise<Finished> {
    return runFlyball(words, { cwd: scratch.path, env: { AWS_ENDPOINT_URL: cloud.endpoint } });
  }

  /** A `loops --follow`; it has begun once its connection is the cloud's. */
  function following(...words: string[]) {
    const { endpoint } = cloud;
    const child = spawn(process.execPath, [MAIN, "loops", "--follow", "--exit-code", ...words], {
      cwd: scratch.path,
      env: environment({ cwd: scratch.path, env: { AWS_ENDPOINT_URL: endpoint } }),
    });
    const seen = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => {
      seen.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      seen.stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const begun = eventually("its connection", async () => {
      const { stdout } = await execute("sh", [
        "-c",
        `ls -l /proc/${child.pid}/fd 2>/dev/null | grep -c socket: || true`,
      ]);
      // Where /proc is missing, a moment must do: what is missed is only less to look at.
      return Number(stdout) > 0 || process.platform !== "linux";
    });
    return { seen, ended, begun };
  }

  test("the terminal of the cloud says what was stopped, and what to do", () => {
    assert.match(cloud.stdout, /^loop stopped {2}process-order had run 16 times in one chain/m);
    assert.match(cloud.stdout, /round {4}process-order → orders \(sqs\) → process-order/);
    assert.match(
      cloud.stdout,
      /aws lambda put-function-recursion-config --function-name process-order --recursive-loop Allow/,
    );
    assert.equal(cloud.stderr, "");
  });

  test("status says what it holds", async () => {
    const [text, json] = await Promise.all([ask("status"), ask("status", "--json")]);
    assert.equal(text.code, 0);
    assert.match(text.stdout, new RegExp(`^flyball is ready on ${cloud.endpoint}\n`));
    assert.match(text.stdout, /loops {5}1 stopped/);
    assertPlain(text);
    const health = JSON.parse(json.stdout);
    assert.equal(health.status, "ready");
    assert.equal(health.stoppedLoops, 1);
    assert.ok(health.services.includes("sqs"));
  });

  test("loops prints each one; with its path, as JSON, or as an exit code", async () => {
    const [text, hops, json, exitCode] = await Promise.all([
      ask("loops"),
      ask("loops", "--hops"),
      ask("loops", "--json"),
      ask("loops", "--exit-code"),
    ]);
    assert.equal(text.code, 0);
    assert.match(text.stdout, /loop stopped {2}process-order had run 16 times/);
    assert.match(text.stdout, /stopped {2}\d{4}-\d\d-\d\dT\S+Z, refused/);
    assertPlain(text);
    const rounds = hops.stdout.match(/^ +\d+ {2}orders \(sqs\) → process-order$/gm) ?? [];
    assert.equal(rounds.length, 17, hops.stdout);
    const { loops } = JSON.parse(json.stdout);
    assert.equal(loops.length, 1);
    assert.equal(loops[0].invocations, 16);
    assert.equal(exitCode.code, 1);
  });

  test("a reader that has read enough is no error", async () => {
    const command = `"${process.execPath}" "${MAIN}" loops --hops | head -n 1`;
    const { stdout, stderr } = await execute("sh", ["-c", command], {
      env: environment({ cwd: scratch.path, env: { AWS_ENDPOINT_URL: cloud.endpoint } }),
    });
    assert.match(stdout, /^loop stopped .*\n$/);
    assert.equal(stderr, "");
  });

  test("colours come where they are asked for, and not where NO_COLOR says so", async () => {
    const colours = async (env: Record<string, string>) => {
      const { stdout } = await runFlyball(["loops", "--endpoint", cloud.endpoint], {
        cwd: scratch.path,
        env,
      });
      return stdout.includes("\u001b");
    };
    assert.deepEqual(
      await Promise.all([colours({}), colours({ FORCE_COLOR: "1" }), colours({ NO_COLOR: "1" })]),
      [false, true, false],
    );
  });

  test("--follow shows hops and stops as they happen, and ends with a message when the cloud goes", async () => {
    await eventually("what happened", () => /loop stopped/.test(follower.seen.stdout));
    await eventually("it as JSON", () => /"loop":/.test(jsonFollower.seen.stdout));
    assert.match(
      follower.seen.stdout,
      /orders \(sqs\) → process-order .*invocation 16 of the chain/,
    );
    const reset = await ask("reset");
    assert.deepEqual([reset.code, reset.stdout], [0, "Everything is forgotten.\n"]);
    await new SQSClient(cloud.clientConfig).send(new CreateQueueCommand({ QueueName: "later" }));
    const again = await ask("reset", "--json");
    assert.equal(JSON.parse(again.stdout).stoppedLoops, 0);
    const { QueueUrls } = await new SQSClient(cloud.clientConfig).send(new ListQueuesCommand({}));
    assert.equal(QueueUrls, undefined);
    assert.equal((await ask("loops")).stdout, "No loop.\n");

    cloud.signal("SIGKILL");
    for (const { seen, ended } of [follower, jsonFollower]) {
      // It had seen a loop, and was asked to say so.
      assert.equal(await ended, 1);
      assert.equal(seen.stderr, `flyball: the cloud at ${cloud.endpoint} has stopped.\n`);
    }
    for (const line of jsonFollower.seen.stdout.trim().split("\n"))
      assert.ok(JSON.parse(line).hop ?? JSON.parse(line).loop);
  });
});

test("doctor says what is there, for people and for programs", async () => {
  const [text, json] = await Promise.all([flyball("doctor"), flyball("doctor", "--json")]);
  assert.equal(text.code, 0);
  assert.match(
    text.stdout,
    new RegExp(`^✓ Node\\.js +${process.versions.node.replaceAll(".", "\\.")} `),
  );
  const findings: { what: string; version: string | null }[] = JSON.parse(json.stdout);
  assert.deepEqual(
    findings.map(({ what }) => what),
    ["Node.js", "Python", "boto3", "AWS CLI", "SAM CLI", "AWS CDK"],
  );
  for (const { what, version } of findings)
    assert.match(text.stdout, new RegExp(`^${version === null ? "–" : "✓"} ${what} `, "m"));
  assertPlain(text);
});

test("the demo does what it says", async () => {
  const finished = await flyball("demo");
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /16 {2}processing A-1001 Lineage=16:[0-9a-f]{8}:15/);
  assert.match(
    finished.stdout,
    /"ALARM: \\?"?lambda-recursive-alarm|ALARM: "lambda-recursive-alarm"/,
  );
  assertPlain(finished);
});
