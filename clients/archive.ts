import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";

/** A function's archive in a file, as `fileb://` wants it, in a folder of its own that is gone after the test. */
export class Archive implements AsyncDisposable {
  readonly path: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.path = this.beside("function.zip");
  }

  /** Of files by their names, each a text or its bytes. */
  static async of(files: Readonly<Record<string, string | Uint8Array>>): Promise<Archive> {
    const archive = new Archive(await mkdtemp(join(tmpdir(), "flyball-clients-")));
    const bytes = Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]);
    await writeFile(archive.path, zipSync(Object.fromEntries(bytes)));
    return archive;
  }

  /** The path of another file in the same folder. */
  beside(name: string): string {
    return join(this.#directory, name);
  }

  async write(name: string, content: string): Promise<void> {
    await writeFile(this.beside(name), content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
