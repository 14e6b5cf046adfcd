import assert from "node:assert";
import { mkdtemp, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { strToU8, type Zippable, zipSync } from "fflate";
import { unzip, unzippedSize } from "./archive.ts";

const UNIX = 3;
/** A file's mode as a zip made on Unix keeps it. */
const mode = (bits: number) => ({ os: UNIX, attrs: (bits << 16) >>> 0 });
const LINK = mode(0o120777);

async function unpack(t: TestContext, files: Zippable): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "flyball-archive-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await unzip(Buffer.from(zipSync(files)), join(directory));
  return directory;
}

test("files keep their content and modes, a bootstrap stays executable", async (t) => {
  const directory = await unpack(t, {
    bootstrap: [strToU8("#!/bin/sh\n"), mode(0o100755)],
    "lib/deep/a.js": strToU8("1"),
  });
  assert.equal((await stat(join(directory, "bootstrap"))).mode & 0o777, 0o755);
  assert.equal(await readFile(join(directory, "lib/deep/a.js"), "utf8"), "1");
});

test("a name that climbs out is refused with what it is, and nothing is written there", async (t) => {
  for (const name of ["../out.js", "a/../../out.js", "/etc/out.js", "..\\out.js"])
    await assert.rejects(
      unpack(t, { [name]: strToU8("x") }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "InvalidParameterValueException");
        assert.match(
          error.message,
          /^Could not unzip uploaded file: (absolute path|invalid relative path)/,
        );
        return true;
      },
    );
});

test("a link leads inside or is refused", async (t) => {
  const directory = await unpack(t, {
    "node_modules/.bin/tool": [strToU8("../tool/cli.js"), LINK],
    "node_modules/tool/cli.js": strToU8("cli"),
  });
  assert.equal(await readFile(join(directory, "node_modules/.bin/tool"), "utf8"), "cli");
  for (const target of ["../../outside", "/etc/passwd", "x/../../../outside"])
    await assert.rejects(unpack(t, { "a/link": [strToU8(target), LINK] }), {
      code: "InvalidParameterValueException",
      message: `Could not unzip uploaded file: the link a/link points outside of it, to ${target}.`,
    });
});

test("a link through a link does not lead out", async (t) => {
  const directory = await unpack(t, {
    here: [strToU8("."), LINK],
    out: [strToU8("here/../secret"), LINK],
  });
  assert.equal(await readlink(join(directory, "out")), "secret");
});

test("a link is never placed through another, from where it would lead out", async (t) => {
  await assert.rejects(
    unpack(t, { d: [strToU8("."), LINK], "d/l": [strToU8("../secret"), LINK] }),
    {
      code: "InvalidParameterValueException",
    },
  );
});

test("a file is never written through a link of the same archive", async (t) => {
  await assert.rejects(
    unpack(t, { d: [strToU8("e"), LINK], "d/x": strToU8("x"), "e/y": strToU8("y") }),
    { code: "InvalidParameterValueException" },
  );
});

test("an archive that would unpack to 250 MB is refused before anything is unpacked", async () => {
  const bomb = Buffer.from(zipSync({ zeros: new Uint8Array(262_144_000) }, { level: 1 }));
  assert.ok(bomb.byteLength < 2_000_000);
  await assert.rejects(unzippedSize(bomb), {
    code: "InvalidParameterValueException",
    message: "Unzipped size must be smaller than 262144000 bytes",
  });
});

test("an entry that holds more than the table of contents says is refused", async (t) => {
  const lying = Buffer.from(zipSync({ a: new Uint8Array(100_000) }));
  const entry = lying.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  lying.writeUInt32LE(10, entry + 24);
  const directory = await mkdtemp(join(tmpdir(), "flyball-archive-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await assert.rejects(unzip(lying, directory), { code: "InvalidParameterValueException" });
});
