import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../../cloud.ts";
import { ServiceError } from "../../errors.ts";
import type { ReadTransaction } from "../../store/store.ts";
import { unzip, unzippedSize } from "./archive.ts";
import { entityTooLarge } from "./errors.ts";

/** 50 MB: an archive that is uploaded directly (Lambda quotas). */
export const ZIPPED_BYTES_MAX = 52_428_800;

/** A deployment package or a layer's archive, known by its content. */
export interface CodePackage {
  /** Base64. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly unzippedBytes: number;
}

/**
 * Archives in the data directory, each under the hash of its content, and what they hold, unpacked. An archive is
 * on the disk before the record that names it is written; the unpacked form is made again when it is missing.
 */
export class CodeStore {
  readonly #archives: string;
  readonly #unpacked: string;
  readonly #trash: string;
  readonly #unpacking = new Map<string, Promise<string>>();

  constructor(cloud: Cloud) {
    const directory = join(cloud.store.directory, "lambda");
    this.#archives = join(directory, "archives");
    this.#unpacked = join(directory, "unpacked");
    this.#trash = join(directory, "trash");
  }

  /**
   * Keeps an archive and unpacks it. Resolves when it will survive a crash.
   *
   * Throws RequestEntityTooLargeException above 50 MB, and InvalidParameterValueException for what cannot be unpacked.
   */
  async add(zip: Uint8Array): Promise<CodePackage> {
    if (zip.byteLength > ZIPPED_BYTES_MAX)
      throw entityTooLarge(`Zipped size must be smaller than ${ZIPPED_BYTES_MAX} bytes`);
    const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
    const hash = createHash("sha256").update(bytes).digest();
    const unzippedBytes = await unzippedSize(bytes);
    await this.#unpack(hash.toString("hex"), async () => bytes);
    await this.#keep(hash.toString("hex"), bytes);
    return { sha256: hash.toString("base64"), sizeBytes: bytes.byteLength, unzippedBytes };
  }

  archive(sha256: string): Promise<Buffer> {
    return readFile(this.#archivePath(hexOf(sha256)));
  }

  /** The directory with what the archive holds. */
  directoryOf(sha256: string): Promise<string> {
    const name = hexOf(sha256);
    return this.#unpack(name, () => readFile(this.#archivePath(name)));
  }

  /**
   * Lets go of every archive that no record names any more: once, before anything can add one. What goes is only
   * moved aside here, so that starting does not wait for the disk.
   */
  sweep(tx: ReadTransaction): void {
    const used = new Set<string>();
    for (const { key, value } of tx.range<UsesCode & { latest?: UsesCode }>({
      prefix: ["lambda"],
    })) {
      if (key[3] !== "function" && key[3] !== "version" && key[3] !== "layer-version") continue;
      const { codeSha256, layers = [] } = value.latest ?? value;
      for (const sha256 of [codeSha256, ...layers.map((layer) => layer.codeSha256)])
        used.add(hexOf(sha256));
    }
    for (const parent of [this.#archives, this.#unpacked]) {
      if (!existsSync(parent)) continue;
      for (const name of readdirSync(parent)) {
        if (used.has(name.split(".")[0] ?? name) && !name.includes(".part-")) continue;
        mkdirSync(this.#trash, { recursive: true });
        renameSync(join(parent, name), join(this.#trash, randomUUID()));
      }
    }
    void rm(this.#trash, { recursive: true, force: true }).catch(() => {
      // What could not be removed now is garbage still, and goes at the next start.
    });
  }

  #archivePath(name: string): string {
    return join(this.#archives, `${name}.zip`);
  }

  async #keep(name: string, bytes: Buffer): Promise<void> {
    const path = this.#archivePath(name);
    if (existsSync(path)) return;
    await mkdir(this.#archives, { recursive: true });
    const part = `${path}.part-${randomUUID()}`;
    const file = await open(part, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    // A renamed file is safe when its directory is.
    const directory = await open(this.#archives, "r");
    await directory.sync().finally(() => directory.close());
  }

  #unpack(name: string, archive: () => Promise<Buffer>): Promise<string> {
    const directory = join(this.#unpacked, name);
    const underWay = this.#unpacking.get(name);
    if (underWay) return underWay;
    if (existsSync(directory)) return Promise.resolve(directory);
    const unpacking = this.#unpackInto(directory, archive).finally(() =>
      this.#unpacking.delete(name),
    );
    this.#unpacking.set(name, unpacking);
    return unpacking;
  }

  /** Renamed into place when it is whole: a directory that is there is complete. */
  async #unpackInto(directory: string, archive: () => Promise<Buffer>): Promise<string> {
    const part = `${directory}.part-${randomUUID()}`;
    await mkdir(part, { recursive: true });
    try {
      await unzip(await archive(), part);
      await rename(part, directory);
    } catch (error) {
      await rm(part, { recursive: true, force: true });
      throw error;
    }
    return directory;
  }
}

/** Where an archive can be fetched from, with any client: on AWS a signed URL of S3. */
export function codeLocation(endpoint: string, sha256: string): string {
  return `${endpoint}/_flyball/lambda/code?sha256=${hexOf(sha256)}`;
}

/** What is at such a location. Throws NotFound (404). */
export async function archiveAt(cloud: Cloud, sha256Hex: string): Promise<Buffer> {
  const isHash = /^[0-9a-f]{64}$/.test(sha256Hex);
  const archive = isHash
    ? await codeOf(cloud)
        .archive(Buffer.from(sha256Hex, "hex").toString("base64"))
        .catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOENT") throw error;
          return undefined;
        })
    : undefined;
  if (!archive)
    throw new ServiceError("NotFound", `There is no code with the SHA-256 ${sha256Hex}.`, {
      httpStatus: 404,
    });
  return archive;
}

interface UsesCode {
  readonly codeSha256: string;
  readonly layers?: readonly { readonly codeSha256: string }[];
}

export function codeOf(cloud: Cloud): CodeStore {
  return cloud.derived(makeCodeStore);
}

function makeCodeStore(cloud: Cloud): CodeStore {
  return new CodeStore(cloud);
}

function hexOf(sha256: string): string {
  return Buffer.from(sha256, "base64").toString("hex");
}
