import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { devNull } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pathWithVenv } from "./venv.ts";

const COMMAND = fileURLToPath(new URL("../packages/flyball/src/main.ts", import.meta.url));
const READY = /^flyball ready on (http:\/\/\S+)$/;
const STOP_MS_MAX = 10_000;

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";

/** A world of the cloud: what a client acts in, by its credentials and Region alone. */
export interface World {
  readonly account?: string;
  readonly region?: string;
}

/** The command as users run it, in a process of its own. Disposing of it fails if it reported a defect. */
export class Flyball {
  readonly endpoint: string;
  readonly #process: ChildProcess;
  readonly #output: string[];

  private constructor(endpoint: string, process: ChildProcess, output: string[]) {
    this.endpoint = endpoint;
    this.#process = process;
    this.#output = output;
  }

  /** `flyball start --ephemeral --port 0`, and what else is given. */
  static async start(...words: string[]): Promise<Flyball> {
    const child = spawn(
      process.execPath,
      [COMMAND, "start", "--ephemeral", "--port", "0", ...words],
      {
        stdio: ["ignore", "pipe", "pipe"],
        // Python functions find boto3 by the interpreter that comes first.
        env: { ...process.env, PATH: pathWithVenv() },
      },
    );
    const output: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
    const lines = createInterface({ input: child.stdout }).on("line", (line) => output.push(line));
    const endpoint = await new Promise<string>((resolve, reject) => {
      lines.on("line", (line) => {
        const [, found] = READY.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once("exit", (code) =>
        reject(new Error(`flyball start ended with ${code}:\n${output.join("\n")}`)),
      );
    });
    return new Flyball(endpoint, child, output);
  }

  /** What it has printed so far, line by line. */
  get output(): readonly string[] {
    return this.#output;
  }

  /** The settings of an SDK for JavaScript's client. */
  clientConfig({ account = ACCOUNT, region = REGION }: World = {}) {
    return {
      endpoint: this.endpoint,
      region,
      credentials: { accessKeyId: account, secretAccessKey: "flyball" },
    };
  }

  /** The environment of the AWS CLI or of boto3. The settings of whoever runs the tests are out of sight. */
  environment({ account = ACCOUNT, region = REGION }: World = {}): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
    return {
      ...Object.fromEntries(inherited),
      PATH: pathWithVenv(),
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "flyball",
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PAGER: "",
      // As `flyball env` has it: "sync-" before the host of two of Step Functions' operations is found nowhere.
      AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
      // A wrong answer shows at once, and is not tried again.
      AWS_MAX_ATTEMPTS: "1",
    };
  }

  /** `GET /_flyball/…` */
  async ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.endpoint}/_flyball${path}`);
    return (await answer.json()) as T;
  }

  /** Moves the virtual clock; resolves when all is done that fell due. */
  async advance(seconds: number): Promise<void> {
    const answer = await fetch(`${this.endpoint}/_flyball/clock`, {
      method: "POST",
      body: JSON.stringify({ advanceSeconds: seconds }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const exited = once(this.#process, "exit");
      this.#process.kill("SIGINT");
      const late = setTimeout(() => this.#process.kill("SIGKILL"), STOP_MS_MAX);
      await exited;
      clearTimeout(late);
    }
    const defects = this.#output.filter((line) => line.includes("a defect in Flyball itself"));
    if (defects.length > 0 || this.#process.exitCode !== 0)
      throw new Error(`flyball ended with ${this.#process.exitCode}:\n${this.#output.join("\n")}`);
  }
}
