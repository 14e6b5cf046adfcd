import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { build } from "esbuild";
import { zipSync } from "fflate";
import type { Environment } from "../packages/semaphore/src/handlers/event.ts";
import type { Invoke } from "../packages/semaphore/src/testing/acquire-cases.ts";
import { ACCOUNT, type Flyball } from "./flyball.ts";

/** A function's code, and how Lambda is told of it. */
export interface Code {
  readonly runtime: string;
  readonly handler: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** The original, by somebody else, as it stands; on the interpreter that has boto3. */
export function originalCode(python: string): Code {
  const source = readFileSync(new URL("./fixtures/acquire_lock.py", import.meta.url));
  return {
    runtime: python,
    handler: "acquire_lock.handler",
    files: { "acquire_lock.py": source },
  };
}

/** Ours, bundled as people deploy it: without the SDK, which Lambda's runtime brings. */
export async function ourCode(
  handler: "acquireLock" | "releaseLock" | "reap" | "initialize",
): Promise<Code> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./functions/semaphore.ts", import.meta.url))],
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["@aws-sdk/*"],
    write: false,
  });
  return {
    runtime: "nodejs22.x",
    handler: `index.${handler}`,
    files: { "index.mjs": outputFiles[0]!.contents },
  };
}

/** Functions of one code: one for each environment that is asked for, since that is read as a function is loaded. */
export class Functions {
  readonly #lambda: LambdaClient;
  readonly #name: string;
  readonly #code: Code;
  readonly #made = new Map<string, Promise<string>>();

  constructor(flyball: Flyball, name: string, code: Code) {
    this.#lambda = new LambdaClient(flyball.clientConfig());
    this.#name = name;
    this.#code = code;
  }

  /** What the function answers: its value, or its error as a state machine gets it. */
  readonly invoke: Invoke = async (event, environment) => {
    const { Payload } = await this.#lambda.send(
      new InvokeCommand({
        FunctionName: await this.#functionWith(environment),
        Payload: JSON.stringify(event),
      }),
    );
    // Both implementations answer with an object, and Lambda reports an error as one.
    return JSON.parse(Payload?.transformToString() ?? "") as object;
  };

  #functionWith(environment: Environment): Promise<string> {
    const key = JSON.stringify(environment);
    const made = this.#made.get(key) ?? this.#make(environment);
    this.#made.set(key, made);
    return made;
  }

  async #make(environment: Environment): Promise<string> {
    const { runtime, handler, files } = this.#code;
    const FunctionName = `${this.#name}-${this.#made.size}`;
    await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        // The SDK's list of runtimes lags behind Lambda's.
        Runtime: runtime as "nodejs22.x",
        Handler: handler,
        Role: `arn:aws:iam::${ACCOUNT}:role/semaphore`,
        Timeout: 30,
        Code: { ZipFile: zipSync({ ...files }) },
        // Refusals show at once; what the SDKs try again is not the matter here.
        Environment: { Variables: { ...definedIn(environment), AWS_MAX_ATTEMPTS: "1" } },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client: this.#lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 },
      { FunctionName },
    );
    return FunctionName;
  }
}

function definedIn(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
