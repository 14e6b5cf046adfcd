import type { RecursiveLoop } from "@aws-sdk/client-lambda";
import type { Cloud } from "../../cloud.ts";
import type { FunctionSpec } from "../../functions/function.ts";
import type { WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { codeOf } from "./code.ts";
import { functionNotFound } from "./errors.ts";
import { executionOf } from "./execution.ts";
import { functionArn, isVersion, LATEST } from "./names.ts";
import {
  type AliasRecord,
  type FunctionRecord,
  type FunctionVersion,
  findAlias,
  findVersion,
  requireFunction,
} from "./record.ts";

/** One version of a function, ready to be given to the executor. */
export interface Runnable {
  readonly name: string;
  /** Without a qualifier. */
  readonly functionArn: string;
  /** As it was invoked: with the qualifier that the caller gave. */
  readonly invokedFunctionArn: string;
  readonly qualifier: string | undefined;
  readonly version: FunctionVersion;
  readonly recursiveLoop: RecursiveLoop;
  readonly reservedConcurrentExecutions: number | undefined;
}

/** A function as the store has it, kept so that an invocation of a warm function reads nothing. */
interface Kept {
  readonly record: FunctionRecord;
  readonly versions: Map<string, FunctionVersion>;
  readonly aliases: Map<string, AliasRecord>;
  readonly specs: Map<string, Promise<FunctionSpec>>;
}

export class Runnables {
  readonly #cloud: Cloud;
  readonly #kept = new Map<string, Kept>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /**
   * What an invocation of the function runs: where an alias splits its traffic, one of its versions by chance.
   *
   * Throws ResourceNotFoundException.
   */
  find(world: World, name: string, qualifier: string | undefined): Runnable {
    const kept = this.#keep(world, name, qualifier);
    const number = this.#versionNumber(world, name, qualifier, kept);
    const { recursiveLoop, reservedConcurrentExecutions } = kept.record;
    return {
      name,
      functionArn: functionArn(world, name),
      invokedFunctionArn: functionArn(world, name, qualifier),
      qualifier,
      version: this.#version(world, name, number, kept),
      recursiveLoop,
      reservedConcurrentExecutions,
    };
  }

  /** How the executor runs a version. */
  spec(world: World, { name, version }: Runnable): Promise<FunctionSpec> {
    const kept = this.#keep(world, name, version.version);
    const key = specKey(world, version);
    let spec = kept.specs.get(key);
    if (!spec) {
      spec = this.#makeSpec(world, version, key);
      kept.specs.set(key, spec);
      // What could not be unpacked is tried again at the next invocation.
      spec.catch(() => kept.specs.delete(key));
    }
    return spec;
  }

  /** Forgets what is kept of a function that has changed, and lets go of environments that nothing names any more. */
  forget(world: World, name: string): void {
    const key = keptKey(world, name);
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    const { store } = this.#cloud;
    for (const [specKeyed] of kept.specs) {
      const number = specKeyed.split(" ")[3] ?? LATEST;
      const version = store.read((tx) => findVersion(tx, world, name, number));
      if (!version || specKey(world, version) !== specKeyed)
        executionOf(this.#cloud).retire(specKeyed);
    }
  }

  #keep(world: World, name: string, qualifier: string | undefined): Kept {
    const key = keptKey(world, name);
    let kept = this.#kept.get(key);
    if (!kept) {
      const record = this.#cloud.store.read((tx) => requireFunction(tx, world, name, qualifier));
      kept = { record, versions: new Map(), aliases: new Map(), specs: new Map() };
      this.#kept.set(key, kept);
    }
    return kept;
  }

  #versionNumber(world: World, name: string, qualifier: string | undefined, kept: Kept): string {
    if (qualifier === undefined) return LATEST;
    if (isVersion(qualifier)) return qualifier;
    let alias = kept.aliases.get(qualifier);
    if (!alias) {
      alias = this.#cloud.store.read((tx) => findAlias(tx, world, name, qualifier));
      if (!alias) throw functionNotFound(functionArn(world, name, qualifier));
      kept.aliases.set(qualifier, alias);
    }
    for (const [version, weight] of Object.entries(alias.routing?.AdditionalVersionWeights ?? {}))
      if (Math.random() < weight) return version;
    return alias.functionVersion;
  }

  #version(world: World, name: string, number: string, kept: Kept): FunctionVersion {
    if (number === LATEST) return kept.record.latest;
    let version = kept.versions.get(number);
    if (!version) {
      version = this.#cloud.store.read((tx) => findVersion(tx, world, name, number));
      if (!version) throw functionNotFound(functionArn(world, name, number));
      kept.versions.set(number, version);
    }
    return version;
  }

  async #makeSpec(world: World, version: FunctionVersion, key: string): Promise<FunctionSpec> {
    const code = codeOf(this.#cloud);
    return {
      key,
      account: world.account,
      region: world.region,
      functionName: version.name,
      version: version.version,
      runtime: version.runtime,
      handler: version.handler,
      memorySizeMegabytes: version.memorySizeMegabytes,
      timeoutSeconds: version.timeoutSeconds,
      environment: version.environment ?? {},
      codeDirectory: await code.directoryOf(version.codeSha256),
      layerDirectories: await Promise.all(
        version.layers.map(({ codeSha256 }) => code.directoryOf(codeSha256)),
      ),
      logGroupName: version.logging.LogGroup ?? `/aws/lambda/${version.name}`,
    };
  }
}

export function runnablesOf(cloud: Cloud): Runnables {
  return cloud.derived(makeRunnables);
}

function makeRunnables(cloud: Cloud): Runnables {
  return new Runnables(cloud);
}

/** To be called in every transaction that changes what an invocation depends on. */
export function functionChanged(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  name: string,
): void {
  tx.afterCommit(() => runnablesOf(cloud).forget(world, name));
}

function keptKey({ account, region }: World, name: string): string {
  return `${account} ${region} ${name}`;
}

/** A version's revision changes with its code and with its configuration. */
function specKey({ account, region }: World, version: FunctionVersion): string {
  return `${account} ${region} ${version.name} ${version.version} ${version.revisionId}`;
}
