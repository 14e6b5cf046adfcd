import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, type TestContext, test } from "node:test";
import { Flyball, type World } from "./flyball.ts";
import { readVenv } from "./venv.ts";

const venv = readVenv();
/** Why the tests that need the AWS CLI or boto3 are skipped; false where they run. */
export const skip: string | false = venv.missing ?? false;

/** A test that needs the AWS CLI. */
export function cliTest(name: string, body: (context: TestContext) => Promise<void>): void {
  test(name, { skip }, body);
}

/** Declares a test of a file whose tests share one cloud, and the AWS CLI at it. */
export type DeclareTest = (
  name: string,
  body: (aws: AwsCli, flyball: Flyball, context: TestContext) => Promise<void>,
) => void;

/** Starts the cloud that a file's tests share, and stops it after them. `words` are for `flyball start`. */
export function cliTests(...words: string[]): DeclareTest {
  let shared: { aws: AwsCli; flyball: Flyball } | undefined;
  before(async () => {
    if (skip !== false) return;
    const flyball = await Flyball.start(...words);
    shared = { flyball, aws: await AwsCli.of(flyball) };
  });
  after(() => shared?.flyball[Symbol.asyncDispose]());
  return (name, body) =>
    cliTest(name, async (context) => {
      assert.ok(shared, "the cloud did not start");
      await body(shared.aws, shared.flyball, context);
    });
}

/** Exit codes. Source: AWS CLI user guide, "Return codes"; versions 1 and 2 differ. */
const EXIT_CODES = {
  1: { service: 255, client: 255, usage: 2, waiter: 255 },
  2: { service: 254, client: 255, usage: 252, waiter: 255 },
} as const;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Value = string | number | object | readonly string[];

/**
 * The AWS CLI: the one in the venv, or the one that `FLYBALL_AWS_CLI` names. Its methods are tags of templates: words
 * are divided at white space, a value is (part of) one word, an object is its JSON, a list of texts is a word each.
 */
export class AwsCli {
  readonly major: 1 | 2;
  readonly exits: (typeof EXIT_CODES)[1 | 2];
  readonly environment: NodeJS.ProcessEnv;
  readonly #file: string;

  private constructor(file: string, major: 1 | 2, environment: NodeJS.ProcessEnv) {
    this.#file = file;
    this.major = major;
    this.exits = EXIT_CODES[major];
    this.environment = environment;
  }

  static async of(flyball: Flyball, world: World = {}): Promise<AwsCli> {
    const file = process.env.FLYBALL_AWS_CLI ?? "aws";
    const environment = flyball.environment(world);
    const { stdout } = await execute(file, ["--version"], environment);
    return new AwsCli(file, stdout.startsWith("aws-cli/2") ? 2 : 1, environment);
  }

  /** Runs a command to its end, whatever that is. */
  run(strings: TemplateStringsArray, ...values: readonly Value[]): Promise<Ended> {
    const words = wordsOf(strings, values);
    return execute(this.#file, [...this.#endpointOf(words), ...words], this.environment);
  }

  /** What a command that succeeds prints, without the white space around it. */
  async text(strings: TemplateStringsArray, ...values: readonly Value[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(strings, ...values);
    assert.equal(code, 0, `aws ${wordsOf(strings, values).join(" ")}\n${stderr}`);
    return stdout.trim();
  }

  /** What a command that succeeds prints, as JSON; undefined where it prints nothing. */
  async json<T = unknown>(strings: TemplateStringsArray, ...values: readonly Value[]): Promise<T> {
    const text = await this.text(strings, ...values);
    // A test knows the shape that it asserts on.
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** The message of a command that the service refuses. */
  async refused(strings: TemplateStringsArray, ...values: readonly Value[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(strings, ...values);
    assert.equal(code, this.exits.service, `${stdout}${stderr}`);
    const [message = ""] = stderr
      .trim()
      .replace(/^aws: \[ERROR\]: /, "")
      // The environment forbids retries, and version 2 tells so each time.
      .replace(/ \(reached max retries: 0\)/, "")
      // It says more under "Additional error details".
      .split("\n\n");
    return message;
  }

  /** Runs a script with `aws` on its PATH, and fails if it fails. */
  async shell(script: string, environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return execute("bash", ["-c", script], { ...this.environment, ...environment });
  }

  /**
   * Version 1 sends `sqs` to AWS whatever `AWS_ENDPOINT_URL` says, unless the option says otherwise too
   * (https://github.com/aws/aws-cli/issues/8737).
   */
  #endpointOf(words: readonly string[]): string[] {
    const ignores = this.major === 1 && words[0] === "sqs";
    return ignores ? ["--endpoint-url", this.environment.AWS_ENDPOINT_URL ?? ""] : [];
  }
}

function wordsOf(strings: TemplateStringsArray, values: readonly Value[]): string[] {
  const words: string[] = [];
  /** Whether the last word can go on: nothing has divided it from what comes. */
  let open = false;
  const add = (part: string) => {
    words.push(open ? `${words.pop()}${part}` : part);
    open = true;
  };
  strings.forEach((text, index) => {
    text.split(/\s+/).forEach((part, at) => {
      if (at > 0) open = false;
      if (part !== "") add(part);
    });
    if (index < values.length) addValue(values[index] ?? "");
  });
  return words;

  function addValue(value: Value): void {
    if (typeof value !== "object") add(String(value));
    else if (isWords(value)) words.push(...value);
    else add(JSON.stringify(value));
  }
}

function isWords(value: object): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

function execute(file: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(file, words, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error?.code ?? 0;
      if (typeof code === "string") reject(error);
      else resolve({ code, stdout, stderr });
    });
  });
}
