import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  type LambdaClient,
  paginateListAliases,
  paginateListFunctions,
  paginateListVersionsByFunction,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../testing/flyball-process.ts";
import { Ledger } from "./ledger.ts";
import { type Clients, type Part, ROLE } from "./part.ts";
import type { Random } from "./random.ts";

const FUNCTIONS_MAX = 6;
/** Each one invoked costs a cold start. */
const INVOKED_PER_CHECK = 4;

interface Code {
  readonly id: string;
  readonly zip: Uint8Array;
  readonly sha256: string;
}

/** Functions, their versions and their aliases, each known by the hash of the code that it runs. */
export class Functions implements Part {
  readonly name = "functions";
  /** `name` for what is latest, `name:1` for a version. */
  readonly #code = new Ledger("the code of function");
  /** `name:alias`, with the version that it leads to. */
  readonly #aliases = new Ledger("alias");
  readonly #idOf = new Map<string, string>();
  #made = 0;

  get size(): number {
    return this.#code.size + this.#aliases.size;
  }

  async step({ lambda }: Clients, random: Random): Promise<void> {
    const names = this.#code.present().filter((key) => !key.includes(":"));
    const name = random.pick(names);
    if (name === undefined || (names.length < FUNCTIONS_MAX && random.chance(0.2)))
      return this.#create(lambda);
    if (random.chance(0.1)) return this.#delete(lambda, name);
    const version = random.pick(this.#versionsOf(name));
    if (version === undefined || random.chance(0.3)) return this.#publish(lambda, name);
    await this.#moveAlias(lambda, name, version, random);
  }

  async check({ lambda }: Clients, random: Random): Promise<void> {
    const code = new Map<string, string>();
    const aliases = new Map<string, string>();
    for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {}))
      for (const { FunctionName: name = "", CodeSha256: sha256 = "" } of Functions) {
        if (!name.startsWith("function-")) continue;
        code.set(name, sha256);
        await addVersions(lambda, name, code);
        await addAliases(lambda, name, aliases);
      }
    this.#code.check(code);
    this.#aliases.check(aliases);
    await this.#invokeSome(lambda, random);
  }

  async #invokeSome(lambda: LambdaClient, random: Random): Promise<void> {
    const invocable = [...this.#code.present(), ...this.#aliases.present()];
    const picked = Array.from({ length: INVOKED_PER_CHECK }, () => random.pick(invocable));
    const invocations = [...new Set(picked)].map(async (key) => {
      if (key === undefined) return;
      const [name = "", qualifier] = key.split(":");
      const version = this.#aliases.stateOf(key) ?? qualifier;
      const sha256 = this.#code.stateOf(version === undefined ? name : `${name}:${version}`) ?? "";
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName: name, ...(qualifier ? { Qualifier: qualifier } : {}) }),
      );
      const answer = JSON.parse(Payload?.transformToString() ?? "null");
      assert.deepEqual([key, FunctionError, answer], [key, undefined, this.#idOf.get(sha256)]);
    });
    await Promise.all(invocations);
  }

  #versionsOf(name: string): string[] {
    const versions = this.#code.present().filter((key) => key.startsWith(`${name}:`));
    return versions.map((key) => key.slice(name.length + 1));
  }

  #newCode(): Code {
    this.#made += 1;
    const id = `code-${this.#made}`;
    const zip = zipOf(`export const handler = async () => ${JSON.stringify(id)};`);
    const sha256 = createHash("sha256").update(zip).digest("base64");
    this.#idOf.set(sha256, id);
    return { id, zip, sha256 };
  }

  async #create(lambda: LambdaClient): Promise<void> {
    const code = this.#newCode();
    const name = `function-${this.#made}`;
    await this.#code.change([[name, code.sha256]], () =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Role: ROLE,
          Timeout: 30,
          Code: { ZipFile: code.zip },
        }),
      ),
    );
  }

  async #publish(lambda: LambdaClient, name: string): Promise<void> {
    const { zip, sha256 } = this.#newCode();
    const latest = Math.max(0, ...this.#versionsOf(name).map(Number));
    await this.#code.change(
      [
        [name, sha256],
        [`${name}:${latest + 1}`, sha256],
      ],
      () =>
        lambda.send(
          new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zip, Publish: true }),
        ),
    );
  }

  async #moveAlias(
    lambda: LambdaClient,
    name: string,
    version: string,
    random: Random,
  ): Promise<void> {
    const key = `${name}:live`;
    const where = { FunctionName: name, Name: "live" };
    if (this.#aliases.stateOf(key) === undefined)
      await this.#aliases.change([[key, version]], () =>
        lambda.send(new CreateAliasCommand({ ...where, FunctionVersion: version })),
      );
    else if (random.chance(0.3))
      await this.#aliases.change([[key, undefined]], () =>
        lambda.send(new DeleteAliasCommand(where)),
      );
    else
      await this.#aliases.change([[key, version]], () =>
        lambda.send(new UpdateAliasCommand({ ...where, FunctionVersion: version })),
      );
  }

  async #delete(lambda: LambdaClient, name: string): Promise<void> {
    const keys = [name, ...this.#versionsOf(name).map((version) => `${name}:${version}`)];
    const aliases = this.#aliases.present().filter((key) => key.startsWith(`${name}:`));
    await this.#aliases.change(
      aliases.map((key) => [key, undefined]),
      () =>
        this.#code.change(
          keys.map((key) => [key, undefined]),
          () => lambda.send(new DeleteFunctionCommand({ FunctionName: name })),
        ),
    );
  }
}

async function addVersions(
  client: LambdaClient,
  name: string,
  code: Map<string, string>,
): Promise<void> {
  for await (const { Versions = [] } of paginateListVersionsByFunction(
    { client },
    { FunctionName: name },
  ))
    for (const { Version: version = "", CodeSha256: sha256 = "" } of Versions)
      if (version !== "$LATEST") code.set(`${name}:${version}`, sha256);
}

async function addAliases(
  client: LambdaClient,
  name: string,
  aliases: Map<string, string>,
): Promise<void> {
  for await (const { Aliases = [] } of paginateListAliases({ client }, { FunctionName: name }))
    for (const { Name: alias = "", FunctionVersion: version = "" } of Aliases)
      aliases.set(`${name}:${alias}`, version);
}
