import type {
  AliasRoutingConfiguration,
  Architecture,
  FileSystemConfig,
  FunctionEventInvokeConfig,
  LoggingConfig,
  RecursiveLoop,
  SnapStartApplyOn,
  TracingMode,
  UpdateRuntimeOn,
  VpcConfigResponse,
} from "@aws-sdk/client-lambda";
import type { Key, ReadTransaction } from "../../store/store.ts";
import type { Tags } from "../../tags.ts";
import type { World } from "../../world.ts";
import { functionNotFound } from "./errors.ts";
import { functionArn, LATEST } from "./names.ts";

/** What a version of a function is made of. */
export interface FunctionVersion {
  readonly name: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly description: string;
  readonly runtime: string;
  readonly role: string;
  readonly handler: string;
  /** Base64, as AWS shows it. */
  readonly codeSha256: string;
  readonly codeSizeBytes: number;
  readonly codeUnzippedBytes: number;
  readonly timeoutSeconds: number;
  readonly memorySizeMegabytes: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly layers: readonly UsedLayer[];
  readonly deadLetterTargetArn?: string;
  readonly tracingMode: TracingMode;
  readonly architectures: Architecture[];
  readonly ephemeralStorageMegabytes: number;
  readonly snapStartApplyOn: SnapStartApplyOn;
  readonly logging: LoggingConfig;
  readonly vpcConfig?: VpcConfigResponse;
  readonly kmsKeyArn?: string;
  readonly fileSystemConfigs?: FileSystemConfig[];
  readonly lastModified: number;
  readonly revisionId: string;
  /** The revision of `$LATEST` that a published version was made of. */
  readonly publishedFrom?: string;
}

/** A layer goes on being used after its version was deleted: the function knows its code. */
export interface UsedLayer {
  readonly arn: string;
  readonly codeSha256: string;
  readonly codeSizeBytes: number;
  readonly unzippedBytes: number;
}

/** A function, beside its published versions. */
export interface FunctionRecord {
  readonly latest: FunctionVersion;
  /** The number that was published last; numbers are never used again. */
  readonly versionCount: number;
  readonly tags: Tags;
  readonly recursiveLoop: RecursiveLoop;
  readonly reservedConcurrentExecutions?: number;
  readonly updateRuntimeOn?: UpdateRuntimeOn;
  readonly runtimeVersionArn?: string;
}

export interface AliasRecord {
  readonly name: string;
  readonly functionVersion: string;
  readonly description: string;
  readonly routing?: AliasRoutingConfiguration;
  readonly revisionId: string;
}

export interface PolicyRecord {
  readonly revisionId: string;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly Service: string } | { readonly AWS: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface EventInvokeRecord {
  readonly lastModified: number;
  readonly maximumRetryAttempts?: number;
  readonly maximumEventAgeSeconds?: number;
  readonly destinations: NonNullable<FunctionEventInvokeConfig["DestinationConfig"]>;
}

/** Where each noun lies. A function's name stands before what belongs to it, so that one range finds it all. */
export const keys = {
  functions: ({ account, region }: World): Key => ["lambda", account, region, "function"],
  function: (world: World, name: string): Key => [...keys.functions(world), name],
  versions: ({ account, region }: World, name: string): Key => [
    "lambda",
    account,
    region,
    "version",
    name,
  ],
  version: (world: World, name: string, version: string): Key => [
    ...keys.versions(world, name),
    Number(version),
  ],
  aliases: ({ account, region }: World, name: string): Key => [
    "lambda",
    account,
    region,
    "alias",
    name,
  ],
  alias: (world: World, name: string, alias: string): Key => [...keys.aliases(world, name), alias],
  /** A policy belongs to the function (qualifier "") or to one of its versions or aliases. */
  policies: ({ account, region }: World, name: string): Key => [
    "lambda",
    account,
    region,
    "policy",
    name,
  ],
  policy: (world: World, name: string, qualifier = ""): Key => [
    ...keys.policies(world, name),
    qualifier,
  ],
  eventInvokes: ({ account, region }: World, name: string): Key => [
    "lambda",
    account,
    region,
    "event-invoke-config",
    name,
  ],
  eventInvoke: (world: World, name: string, qualifier: string): Key => [
    ...keys.eventInvokes(world, name),
    qualifier,
  ],
};

export function findFunction(
  tx: ReadTransaction,
  world: World,
  name: string,
): FunctionRecord | undefined {
  return tx.get<FunctionRecord>(keys.function(world, name));
}

/** Throws ResourceNotFoundException, which names the ARN with the qualifier that was asked for. */
export function requireFunction(
  tx: ReadTransaction,
  world: World,
  name: string,
  qualifier?: string,
): FunctionRecord {
  const record = findFunction(tx, world, name);
  if (!record) throw functionNotFound(functionArn(world, name, qualifier));
  return record;
}

/** The version itself: `$LATEST` or a published one. */
export function findVersion(
  tx: ReadTransaction,
  world: World,
  name: string,
  version: string,
): FunctionVersion | undefined {
  return version === LATEST
    ? findFunction(tx, world, name)?.latest
    : tx.get<FunctionVersion>(keys.version(world, name, version));
}

export function findAlias(
  tx: ReadTransaction,
  world: World,
  name: string,
  alias: string,
): AliasRecord | undefined {
  return tx.get<AliasRecord>(keys.alias(world, name, alias));
}
