import { randomUUID } from "node:crypto";
import type { PublishVersionRequest } from "@aws-sdk/client-lambda";
import type { Cloud } from "../../cloud.ts";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import type { ReadTransaction, WriteTransaction } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { activeConfiguration, listedConfiguration } from "./configuration.ts";
import { invalidParameter, revisionMismatch } from "./errors.ts";
import { functionReference } from "./names.ts";
import { pageOf } from "./page.ts";
import { type FunctionVersion, findVersion, keys, requireFunction } from "./record.ts";
import { functionChanged } from "./runnable.ts";

/**
 * Publishes `$LATEST` under the next number; when nothing has changed since the last version was published, that
 * one is the answer.
 *
 * Throws PreconditionFailedException and InvalidParameterValueException when the caller's revision or hash is not
 * that of `$LATEST`.
 */
export function publish(
  cloud: Cloud,
  tx: WriteTransaction,
  world: World,
  name: string,
  input: Partial<PublishVersionRequest>,
): FunctionVersion {
  const record = requireFunction(tx, world, name);
  const { latest } = record;
  if (input.RevisionId !== undefined && input.RevisionId !== latest.revisionId)
    throw revisionMismatch("GetFunction/GetAlias");
  if (input.CodeSha256 && input.CodeSha256 !== latest.codeSha256)
    throw invalidParameter(
      `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${latest.codeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  const last = findVersion(tx, world, name, String(record.versionCount));
  if (last?.publishedFrom === latest.revisionId) return last;
  const version: FunctionVersion = {
    ...latest,
    version: String(record.versionCount + 1),
    description: input.Description ?? latest.description,
    revisionId: randomUUID(),
    publishedFrom: latest.revisionId,
  };
  tx.put(keys.version(world, name, version.version), version);
  tx.put(keys.function(world, name), { ...record, versionCount: record.versionCount + 1 });
  functionChanged(cloud, tx, world, name);
  return version;
}

export const publishVersion: OperationOf<"lambda", "PublishVersion"> = async (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName, undefined, "plain");
  new Constraints()
    .length("description", input.Description, { max: 256 })
    .check("ValidationException");
  const version = await cloud.store.write((tx) => publish(cloud, tx, caller, name, input));
  return activeConfiguration(caller, version);
};

export const listVersionsByFunction: OperationOf<"lambda", "ListVersionsByFunction"> = (
  { cloud, caller },
  input,
) => {
  const { name } = functionReference(caller, input.FunctionName);
  new Constraints()
    .range("maxItems", input.MaxItems, { min: 1, max: 10_000 })
    .check("ValidationException");
  const { items, nextToken } = cloud.store.read((tx) =>
    pageOf(versionsOf(tx, caller, name), ({ version }) => version, input),
  );
  return {
    Versions: items.map((version) => listedConfiguration(caller, version, version.version)),
    ...(nextToken === undefined ? {} : { NextMarker: nextToken }),
  };
};

/** `$LATEST` first, then the published ones by their numbers. */
function* versionsOf(tx: ReadTransaction, world: World, name: string): Iterable<FunctionVersion> {
  yield requireFunction(tx, world, name).latest;
  for (const { value } of tx.range<FunctionVersion>({ prefix: keys.versions(world, name) }))
    yield value;
}
