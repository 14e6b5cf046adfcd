import { randomUUID } from "node:crypto";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { type CodePackage, codeLocation, codeOf } from "./code.ts";
import {
  activeConfiguration,
  checkSettings,
  configured,
  defaultLogging,
  listedConfiguration,
  pendingConfiguration,
  updatingConfiguration,
} from "./configuration.ts";
import {
  functionNotFound,
  invalidParameter,
  resourceConflict,
  revisionMismatch,
} from "./errors.ts";
import { executionOf } from "./execution.ts";
import { checkUnzippedSize, layersOf } from "./layer.ts";
import { functionArn, functionReference, isVersion, LATEST } from "./names.ts";
import { pageOf } from "./page.ts";
import {
  type FunctionRecord,
  type FunctionVersion,
  findAlias,
  findFunction,
  findVersion,
  keys,
  requireFunction,
} from "./record.ts";
import { functionChanged } from "./runnable.ts";
import { checkTags } from "./tags.ts";
import { publish } from "./version.ts";

const TIMEOUT_SECONDS_DEFAULT = 3;
const MEMORY_MEGABYTES_DEFAULT = 128;
const EPHEMERAL_STORAGE_MEGABYTES_DEFAULT = 512;

export const createFunction: OperationOf<"lambda", "CreateFunction"> = async (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  checkSettings(
    input,
    new Constraints()
      .required("role", input.Role)
      .required("code", input.Code)
      .oneOf("packageType", input.PackageType, ["Zip", "Image"]),
  );
  checkTags(input.Tags);
  refuseImage(input.PackageType, input.Code?.ImageUri);
  if (input.Runtime === undefined || input.Handler === undefined)
    throw invalidParameter(
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    );
  cloud.store.read((tx) => refuseExisting(tx, caller, name));
  const code = await addCode(cloud, input.Code);
  const now = cloud.clock.now();
  const created: FunctionVersion = {
    name,
    version: LATEST,
    description: "",
    runtime: input.Runtime,
    role: input.Role ?? "",
    handler: input.Handler,
    ...codeMembers(code),
    timeoutSeconds: TIMEOUT_SECONDS_DEFAULT,
    memorySizeMegabytes: MEMORY_MEGABYTES_DEFAULT,
    layers: [],
    tracingMode: "PassThrough",
    architectures: ["x86_64"],
    ephemeralStorageMegabytes: EPHEMERAL_STORAGE_MEGABYTES_DEFAULT,
    snapStartApplyOn: "None",
    logging: defaultLogging(name),
    lastModified: now,
    revisionId: randomUUID(),
  };
  const { CapacityProviderConfig: _, ...settings } = input;
  const version = await cloud.store.write((tx) => {
    refuseExisting(tx, caller, name);
    const layers = layersOf(tx, caller, input.Layers ?? []);
    checkUnzippedSize(code.unzippedBytes, layers);
    const latest = configured(created, settings, layers, now);
    putFunction(cloud, tx, caller, {
      latest,
      versionCount: 0,
      tags: input.Tags ?? {},
      recursiveLoop: "Terminate",
    });
    return input.Publish ? publish(cloud, tx, caller, name, {}) : latest;
  });
  // The answer bears no qualifier in its ARN even when it tells of version 1.
  return {
    ...pendingConfiguration(caller, version),
    FunctionArn: functionArn(caller, name),
  };
};

export const getFunction: OperationOf<"lambda", "GetFunction"> = ({ cloud, caller }, input) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  return cloud.store.read((tx) => {
    const version = qualifiedVersion(tx, caller, name, qualifier);
    const { tags, reservedConcurrentExecutions } = requireFunction(tx, caller, name);
    return {
      Configuration: activeConfiguration(caller, version, qualifier),
      Code: { RepositoryType: "S3", Location: codeLocation(cloud.endpoint, version.codeSha256) },
      ...(Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } }),
      ...(reservedConcurrentExecutions === undefined
        ? {}
        : { Concurrency: { ReservedConcurrentExecutions: reservedConcurrentExecutions } }),
    };
  });
};

export const getFunctionConfiguration: OperationOf<"lambda", "GetFunctionConfiguration"> = (
  { cloud, caller },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  const version = cloud.store.read((tx) => qualifiedVersion(tx, caller, name, qualifier));
  return activeConfiguration(caller, version, qualifier);
};

export const listFunctions: OperationOf<"lambda", "ListFunctions"> = ({ cloud, caller }, input) => {
  new Constraints()
    .oneOf("functionVersion", input.FunctionVersion, ["ALL"])
    .range("maxItems", input.MaxItems, { min: 1, max: 10_000 })
    .check("ValidationException");
  const all = input.FunctionVersion === "ALL";
  const { items, nextToken } = cloud.store.read((tx) =>
    pageOf(listedVersions(tx, caller, all), ({ name, version }) => `${name}:${version}`, input),
  );
  return {
    Functions: items.map((version) =>
      listedConfiguration(caller, version, all ? version.version : undefined),
    ),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
};

function* listedVersions(
  tx: ReadTransaction,
  world: World,
  all: boolean,
): Iterable<FunctionVersion> {
  for (const { value } of tx.range<FunctionRecord>({ prefix: keys.functions(world) })) {
    yield value.latest;
    if (!all) continue;
    const versions = tx.range<FunctionVersion>({ prefix: keys.versions(world, value.latest.name) });
    for (const { value: version } of versions) yield version;
  }
}

export const updateFunctionCode: OperationOf<"lambda", "UpdateFunctionCode"> = async (
  { cloud, caller },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, undefined, "plain");
  checkSettings({ Architectures: input.Architectures });
  cloud.store.read((tx) => requireFunction(tx, caller, name));
  if (qualifier !== undefined && qualifier !== LATEST) throw notOnVersions();
  if (input.ImageUri !== undefined)
    throw invalidParameter(
      "Please don't provide ImageUri when updating a function with packageType Zip.",
    );
  const code = await addCode(cloud, input);
  const change = (record: FunctionRecord): FunctionVersion => {
    checkUnzippedSize(code.unzippedBytes, record.latest.layers);
    return configured(
      { ...record.latest, ...codeMembers(code) },
      { Architectures: input.Architectures },
      undefined,
      cloud.clock.now(),
    );
  };
  if (input.DryRun) {
    const record = cloud.store.read((tx) => requireRevision(tx, caller, name, input.RevisionId));
    return updatingConfiguration(caller, {
      ...change(record),
      revisionId: record.latest.revisionId,
    });
  }
  const version = await cloud.store.write((tx) => {
    const record = requireRevision(tx, caller, name, input.RevisionId);
    const latest = change(record);
    putFunction(cloud, tx, caller, { ...record, latest });
    return input.Publish ? publish(cloud, tx, caller, name, {}) : latest;
  });
  return updatingConfiguration(caller, version);
};

export const updateFunctionConfiguration: OperationOf<
  "lambda",
  "UpdateFunctionConfiguration"
> = async ({ cloud, caller }, input) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, undefined, "plain");
  checkSettings(input);
  if (qualifier !== undefined && qualifier !== LATEST) throw notOnVersions();
  const version = await cloud.store.write((tx) => {
    const record = requireRevision(tx, caller, name, input.RevisionId);
    const layers = input.Layers ? layersOf(tx, caller, input.Layers) : undefined;
    checkUnzippedSize(record.latest.codeUnzippedBytes, layers ?? record.latest.layers);
    const latest = configured(record.latest, input, layers, cloud.clock.now());
    putFunction(cloud, tx, caller, { ...record, latest });
    return latest;
  });
  return updatingConfiguration(caller, version);
};

export const deleteFunction: OperationOf<"lambda", "DeleteFunction"> = async (
  { cloud, caller },
  input,
) => {
  const { name, qualifier } = functionReference(caller, input.FunctionName, input.Qualifier);
  await cloud.store.write((tx) => {
    requireFunction(tx, caller, name);
    if (qualifier === undefined) deleteWhole(cloud, tx, caller, name);
    else deleteVersion(cloud, tx, caller, name, qualifier);
  });
  return { StatusCode: 204 };
};

function deleteWhole(cloud: Cloud, tx: WriteTransaction, world: World, name: string): void {
  const belongings = [keys.versions, keys.aliases, keys.policies, keys.eventInvokes];
  for (const prefixOf of belongings)
    for (const { key } of [...tx.range({ prefix: prefixOf(world, name) })]) tx.delete(key);
  tx.delete(keys.function(world, name));
  functionChanged(cloud, tx, world, name);
  tx.afterCommit(() => executionOf(cloud).forgetReserved(world));
}

function deleteVersion(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  name: string,
  qualifier: string,
): void {
  if (qualifier === LATEST)
    throw invalidParameter("$LATEST version cannot be deleted without deleting the function.");
  if (!isVersion(qualifier))
    throw invalidParameter("Deletion of aliases is not currently supported.");
  // Deleting a version that is not there succeeds, as on AWS.
  for (const { key, value } of tx.range<{
    functionVersion: string;
    routing?: { AdditionalVersionWeights?: Record<string, number> };
  }>({
    prefix: keys.aliases(world, name),
  })) {
    const routed = value.routing?.AdditionalVersionWeights?.[qualifier];
    if (value.functionVersion === qualifier || routed !== undefined)
      throw resourceConflict(
        `Version(s) [${qualifier}] cannot be deleted because they are referenced by aliases: [${String(key.at(-1))}]`,
      );
  }
  tx.delete(keys.version(world, name, qualifier));
  tx.delete(keys.policy(world, name, qualifier));
  tx.delete(keys.eventInvoke(world, name, qualifier));
  functionChanged(cloud, tx, world, name);
}

/** The version that a qualifier means: itself, or the one that an alias mainly points to. */
export function qualifiedVersion(
  tx: ReadTransaction,
  world: World,
  name: string,
  qualifier: string | undefined,
): FunctionVersion {
  const { latest } = requireFunction(tx, world, name, qualifier);
  if (qualifier === undefined) return latest;
  const number = isVersion(qualifier)
    ? qualifier
    : findAlias(tx, world, name, qualifier)?.functionVersion;
  const version = number === undefined ? undefined : findVersion(tx, world, name, number);
  if (!version) throw functionNotFound(functionArn(world, name, qualifier));
  return version;
}

/** Writes a function, and has what is kept of it forgotten. */
export function putFunction(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  record: FunctionRecord,
): void {
  tx.put(keys.function(world, record.latest.name), record);
  functionChanged(cloud, tx, world, record.latest.name);
}

/** The function, unless the caller's `RevisionId` is another than the latest. */
export function requireRevision(
  tx: ReadTransaction,
  world: World,
  name: string,
  revisionId: string | undefined,
): FunctionRecord {
  const record = requireFunction(tx, world, name);
  if (revisionId !== undefined && revisionId !== record.latest.revisionId)
    throw revisionMismatch("GetFunction/GetAlias");
  return record;
}

function refuseExisting(tx: ReadTransaction, world: World, name: string): void {
  if (findFunction(tx, world, name)) throw resourceConflict(`Function already exist: ${name}`);
}

function refuseImage(packageType: string | undefined, imageUri: string | undefined): void {
  if (packageType === "Image" || imageUri !== undefined)
    throw invalidParameter(
      "Flyball runs functions from zip archives only: container images are not supported.",
    );
}

interface CodeSource {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
}

function addCode(cloud: Cloud, source: CodeSource | undefined): Promise<CodePackage> {
  if (source?.S3Bucket !== undefined || source?.S3Key !== undefined)
    throw invalidParameter(
      "Flyball has no S3 to read a function's code from yet: give the archive itself as ZipFile.",
    );
  if (source?.ZipFile === undefined)
    throw invalidParameter("Please provide a source for function code.");
  if (source.ZipFile.byteLength === 0)
    throw invalidParameter("Uploaded file must be a non-empty zip");
  return cloud.activity.track(codeOf(cloud).add(source.ZipFile));
}

function codeMembers(code: CodePackage) {
  return {
    codeSha256: code.sha256,
    codeSizeBytes: code.sizeBytes,
    codeUnzippedBytes: code.unzippedBytes,
  };
}

function notOnVersions() {
  return invalidParameter(
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  );
}
