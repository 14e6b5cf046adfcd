import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { MISSING_VARIABLE, makeVenv } from "./venv.ts";

// `npm run test:clients [file…]`: the clients that people use, put in place and run against the cloud.

/** More than there are cores: much of the suite waits for the cloud's own delays. */
const CONCURRENCY = 4;
/** No test takes a minute on a machine of its own; one that hangs ends here. */
const TEST_TIMEOUT_MS = 300_000;

const root = fileURLToPath(new URL("../", import.meta.url));
const venv = await makeVenv();
if (venv.missing === undefined) {
  const versions = Object.entries(venv.versions).map(([name, version]) => `${name} ${version}`);
  console.log(`clients in .venv, on ${venv.python}: ${versions.join(", ")}`);
} else {
  console.log(`clients: ${venv.missing}. The tests that need the AWS CLI or boto3 are skipped.`);
}

const given = process.argv.slice(2);
const files = given.length > 0 ? given : globSync("clients/**/*.test.ts", { cwd: root }).sort();
const options = [`--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TEST_TIMEOUT_MS}`];
const { status } = spawnSync(
  process.execPath,
  ["--test", ...options, ...files.map((file) => relative(root, file) || file)],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, [MISSING_VARIABLE]: venv.missing ?? "" },
  },
);
process.exitCode = status ?? 1;
