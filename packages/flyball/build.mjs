// Makes dist/, what the npm package holds: the workspace's packages bundled, the libraries left to npm.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const dist = join(here, "dist");
const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: { main: join(here, "src/main.ts"), index: join(here, "src/index.ts") },
  outdir: dist,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node22",
  // Only what package.json names is left out, so that nothing is missing where the package is installed.
  external: Object.keys(dependencies).flatMap((name) => [name, `${name}/*`]),
  logLevel: "warning",
});

// What is found beside the code at run time, and is not imported.
cpSync(join(root, "packages/runtime/src/functions/bootstrap"), join(dist, "bootstrap"), {
  recursive: true,
  filter: (path) => !path.endsWith(".test.ts"),
});
cpSync(join(here, "src/demo/process-order.mjs"), join(dist, "process-order.mjs"));
cpSync(join(root, "LICENSE"), join(here, "LICENSE"));

// The public types stand alone in index.ts; what it imports is not part of them. Whether the types are right is
// checked for the whole workspace, and not here.
const types = mkdtempSync(join(tmpdir(), "flyball-types-"));
const flags = [
  "--noEmit",
  "false",
  "--noCheck",
  "--declaration",
  "--emitDeclarationOnly",
  "--outDir",
  types,
];
execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", root, ...flags], {
  cwd: root,
  stdio: "inherit",
});
cpSync(join(types, "packages/flyball/src/index.d.ts"), join(dist, "index.d.ts"));
rmSync(types, { recursive: true });
