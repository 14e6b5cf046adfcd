import type {
  Architecture,
  GetLayerVersionResponse,
  LayerVersionsListItem,
  Runtime,
} from "@aws-sdk/client-lambda";
import { arn, parseArn } from "../../arn.ts";
import type { Call } from "../../call.ts";
import { Constraints, violation } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { Key, ReadTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { UNZIPPED_BYTES_MAX } from "./archive.ts";
import { codeLocation, codeOf } from "./code.ts";
import { invalidParameter, resourceNotFound } from "./errors.ts";
import { timestamp } from "./names.ts";
import { pageOf } from "./page.ts";
import type { UsedLayer } from "./record.ts";

/** Layers that one function may have. */
const LAYERS_MAX = 5;
const REGION = "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}";
const NAME_OR_ARN_PATTERN = `(arn:(aws[a-zA-Z-]*)?:lambda:${REGION}:\\d{12}:layer:[a-zA-Z0-9-_]{1,140}|[a-zA-Z0-9-_]{1,140})`;
const VERSION_ARN_PATTERN = `(arn:(aws[a-zA-Z-]*)?:lambda:${REGION}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)`;
const VERSION_ARN =
  /^arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z0-9-]+):(?<account>\d{12}):layer:(?<name>[a-zA-Z0-9-_]+):(?<version>\d+)$/;

export interface LayerVersionRecord {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly licenseInfo?: string;
  readonly compatibleRuntimes?: Runtime[];
  readonly compatibleArchitectures?: Architecture[];
  readonly createdAt: number;
  readonly codeSha256: string;
  readonly codeSizeBytes: number;
  readonly unzippedBytes: number;
}

/** Which layer an input names. */
export interface LayerReference {
  readonly world: World;
  readonly name: string;
}

export const layerKeys = {
  layers: ({ account, region }: World): Key => ["lambda", account, region, "layer"],
  /** The number that was published last, which outlives the versions. */
  layer: (world: World, name: string): Key => [...layerKeys.layers(world), name],
  versions: ({ account, region }: World, name: string): Key => [
    "lambda",
    account,
    region,
    "layer-version",
    name,
  ],
  version: ({ world, name }: LayerReference, version: number): Key => [
    ...layerKeys.versions(world, name),
    version,
  ],
  policy: ({ world: { account, region }, name }: LayerReference, version: number): Key => [
    "lambda",
    account,
    region,
    "layer-policy",
    name,
    version,
  ],
};

export function layerArn({ account, region }: World, name: string): string {
  return arn("lambda", region, account, `layer:${name}`);
}

export function layerVersionArn({ world, name }: LayerReference, version: number): string {
  return `${layerArn(world, name)}:${version}`;
}

/** Reads `LayerName`: a name, or an ARN without a version. Throws ValidationException. */
export function layerReference(caller: World, nameOrArn: string | undefined): LayerReference {
  new Constraints()
    .required("layerName", nameOrArn)
    .pattern("layerName", nameOrArn, NAME_OR_ARN_PATTERN)
    .check("ValidationException");
  const parsed = parseArn(nameOrArn ?? "");
  if (!parsed) return { world: caller, name: nameOrArn ?? "" };
  const { account, region, resource } = parsed;
  return { world: { account, region }, name: resource.slice("layer:".length) };
}

export function requireLayerVersion(
  tx: ReadTransaction,
  layer: LayerReference,
  version: number | undefined,
): LayerVersionRecord {
  if (version === undefined || version < 1)
    throw invalidParameter("Layer Version Cannot be less than 1");
  const record = tx.get<LayerVersionRecord>(layerKeys.version(layer, version));
  if (!record)
    throw resourceNotFound(`Layer version ${layerVersionArn(layer, version)} does not exist.`);
  return record;
}

/**
 * The layers that a function names, as it uses them.
 *
 * Throws ValidationException or InvalidParameterValueException.
 */
export function layersOf(tx: ReadTransaction, caller: World, arns: readonly string[]): UsedLayer[] {
  const pattern = new RegExp(`^(?:${VERSION_ARN_PATTERN})$`);
  if (!arns.every((arn) => pattern.test(arn)))
    throw violation(
      "ValidationException",
      "layers",
      `[${arns.join(", ")}]`,
      `Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${VERSION_ARN_PATTERN}, Member must not be null]`,
    );
  if (arns.length > LAYERS_MAX)
    throw invalidParameter(`Cannot reference more than ${LAYERS_MAX} layers.`);
  const seen = new Map<string, string>();
  return arns.map((arn) => {
    const record = versionByArn(tx, caller, arn);
    const layer = arn.slice(0, arn.lastIndexOf(":"));
    const other = seen.get(layer);
    if (other !== undefined)
      throw invalidParameter(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn} are versions of the same layer.`,
      );
    seen.set(layer, arn);
    return {
      arn,
      codeSha256: record.codeSha256,
      codeSizeBytes: record.codeSizeBytes,
      unzippedBytes: record.unzippedBytes,
    };
  });
}

/** A function's code and its layers are unpacked together into 250 MB. Throws InvalidParameterValueException. */
export function checkUnzippedSize(codeUnzippedBytes: number, layers: readonly UsedLayer[]): void {
  const bytes = layers.reduce((sum, { unzippedBytes }) => sum + unzippedBytes, codeUnzippedBytes);
  if (bytes > UNZIPPED_BYTES_MAX)
    throw invalidParameter(
      `Function code combined with layers exceeds the maximum allowed size of ${UNZIPPED_BYTES_MAX} bytes. The actual size is ${bytes} bytes.`,
    );
}

function versionByArn(tx: ReadTransaction, caller: World, arn: string): LayerVersionRecord {
  const parts = VERSION_ARN.exec(arn)?.groups;
  if (parts?.region !== undefined && parts.region !== caller.region)
    throw invalidParameter(
      `Layers are not in the same region as the function. Layers are expected to be in region ${caller.region}.`,
    );
  const { account = "", name = "", version = "" } = parts ?? {};
  const layer = { world: { account, region: caller.region }, name };
  const record = tx.get<LayerVersionRecord>(layerKeys.version(layer, Number(version)));
  if (!record) throw invalidParameter(`Layer version ${arn} does not exist.`);
  return record;
}

export const publishLayerVersion: OperationOf<"lambda", "PublishLayerVersion"> = async (
  { cloud, caller },
  input,
) => {
  const layer = layerReference(caller, input.LayerName);
  new Constraints()
    .required("content", input.Content)
    .length("description", input.Description, { max: 256 })
    .length("licenseInfo", input.LicenseInfo, { max: 512 })
    .length("compatibleRuntimes", input.CompatibleRuntimes, { max: 15 })
    .length("compatibleArchitectures", input.CompatibleArchitectures, { max: 2 })
    .check("ValidationException");
  if (input.Content?.S3Bucket !== undefined)
    throw invalidParameter(
      "Flyball has no S3 to read a layer's archive from yet: give it as Content.ZipFile.",
    );
  if (!input.Content?.ZipFile?.byteLength)
    throw invalidParameter("Please provide a source for the layer content.");
  const code = await codeOf(cloud).add(input.Content.ZipFile);
  const record = await cloud.store.write((tx) => {
    const version = (tx.get<number>(layerKeys.layer(layer.world, layer.name)) ?? 0) + 1;
    const published: LayerVersionRecord = {
      name: layer.name,
      version,
      description: input.Description ?? "",
      ...(input.LicenseInfo === undefined ? {} : { licenseInfo: input.LicenseInfo }),
      ...(input.CompatibleRuntimes ? { compatibleRuntimes: input.CompatibleRuntimes } : {}),
      ...(input.CompatibleArchitectures
        ? { compatibleArchitectures: input.CompatibleArchitectures }
        : {}),
      createdAt: cloud.clock.now(),
      codeSha256: code.sha256,
      codeSizeBytes: code.sizeBytes,
      unzippedBytes: code.unzippedBytes,
    };
    tx.put(layerKeys.layer(layer.world, layer.name), version);
    tx.put(layerKeys.version(layer, version), published);
    return published;
  });
  return described(cloud.endpoint, layer, record);
};

export const getLayerVersion: OperationOf<"lambda", "GetLayerVersion"> = (
  { cloud, caller },
  input,
) => {
  const layer = layerReference(caller, input.LayerName);
  const record = cloud.store.read((tx) => requireLayerVersion(tx, layer, input.VersionNumber));
  return described(cloud.endpoint, layer, record);
};

export const getLayerVersionByArn: OperationOf<"lambda", "GetLayerVersionByArn"> = (
  call: Call,
  input,
) => {
  new Constraints()
    .required("arn", input.Arn)
    .pattern("arn", input.Arn, VERSION_ARN_PATTERN)
    .check("ValidationException");
  const parts = VERSION_ARN.exec(input.Arn ?? "")?.groups;
  const { account = "", region = "", name = "", version = "0" } = parts ?? {};
  const layer = { world: { account, region }, name };
  const record = call.cloud.store.read((tx) => requireLayerVersion(tx, layer, Number(version)));
  return described(call.cloud.endpoint, layer, record);
};

export const deleteLayerVersion: OperationOf<"lambda", "DeleteLayerVersion"> = async (
  { cloud, caller },
  input,
) => {
  const layer = layerReference(caller, input.LayerName);
  const version = input.VersionNumber;
  if (version === undefined || version < 1)
    throw invalidParameter("Layer Version Cannot be less than 1");
  // Deleting what is not there succeeds, as on AWS.
  await cloud.store.write((tx) => {
    tx.delete(layerKeys.version(layer, version));
    tx.delete(layerKeys.policy(layer, version));
  });
  return {};
};

export const listLayerVersions: OperationOf<"lambda", "ListLayerVersions"> = (
  { cloud, caller },
  input,
) => {
  const layer = layerReference(caller, input.LayerName);
  checkListing(input);
  const { items, nextToken } = cloud.store.read((tx) => {
    const versions = [
      ...tx.range<LayerVersionRecord>({
        prefix: layerKeys.versions(layer.world, layer.name),
        reverse: true,
      }),
    ];
    return pageOf(
      versions.map(({ value }) => value).filter((version) => isCompatible(version, input)),
      ({ version }) => String(version),
      input,
    );
  });
  return {
    LayerVersions: items.map((version) => listed(layer, version)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
};

export const listLayers: OperationOf<"lambda", "ListLayers"> = ({ cloud, caller }, input) => {
  checkListing(input);
  const { items, nextToken } = cloud.store.read((tx) => {
    const newest = [...tx.range<number>({ prefix: layerKeys.layers(caller) })].flatMap(
      ({ key }) => {
        const versions = tx.range<LayerVersionRecord>({
          prefix: layerKeys.versions(caller, String(key.at(-1))),
          reverse: true,
        });
        for (const { value } of versions) if (isCompatible(value, input)) return [value];
        return [];
      },
    );
    return pageOf(newest, ({ name }) => name, input);
  });
  return {
    Layers: items.map((version) => ({
      LayerName: version.name,
      LayerArn: layerArn(caller, version.name),
      LatestMatchingVersion: listed({ world: caller, name: version.name }, version),
    })),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
};

interface Listing {
  readonly CompatibleRuntime?: Runtime | undefined;
  readonly CompatibleArchitecture?: Architecture | undefined;
  readonly MaxItems?: number | undefined;
}

function checkListing({ CompatibleArchitecture, MaxItems }: Listing): void {
  new Constraints()
    .oneOf("compatibleArchitecture", CompatibleArchitecture, ["x86_64", "arm64"])
    .range("maxItems", MaxItems, { min: 1, max: 50 })
    .check("ValidationException");
}

function isCompatible(version: LayerVersionRecord, wanted: Listing): boolean {
  const { CompatibleRuntime: runtime, CompatibleArchitecture: architecture } = wanted;
  if (runtime !== undefined && !version.compatibleRuntimes?.includes(runtime)) return false;
  return (
    architecture === undefined || version.compatibleArchitectures?.includes(architecture) === true
  );
}

function listed(layer: LayerReference, version: LayerVersionRecord): LayerVersionsListItem {
  return {
    LayerVersionArn: layerVersionArn(layer, version.version),
    Version: version.version,
    Description: version.description,
    CreatedDate: timestamp(version.createdAt),
    ...(version.compatibleRuntimes ? { CompatibleRuntimes: version.compatibleRuntimes } : {}),
    ...(version.compatibleArchitectures
      ? { CompatibleArchitectures: version.compatibleArchitectures }
      : {}),
    ...(version.licenseInfo === undefined ? {} : { LicenseInfo: version.licenseInfo }),
  };
}

function described(
  endpoint: string,
  layer: LayerReference,
  version: LayerVersionRecord,
): GetLayerVersionResponse {
  return {
    ...listed(layer, version),
    LayerArn: layerArn(layer.world, layer.name),
    Content: {
      Location: codeLocation(endpoint, version.codeSha256),
      CodeSha256: version.codeSha256,
      CodeSize: version.codeSizeBytes,
    },
  };
}
