import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { styled } from "../style.ts";
import { parseOptions } from "../usage.ts";

export const help = `flyball doctor: say what is on this machine that functions and clients need

  --json              as a JSON object

The exit code is 0 when everything that Flyball itself needs is there.
`;

const execute = promisify(execFile);
const TIMEOUT_MS = 10_000;
const NODE_MAJOR_MIN = 22;

/** Something that this machine has or lacks, and what it is for. */
interface Finding {
  readonly what: string;
  readonly version: string | undefined;
  readonly needed: boolean;
  readonly why: string;
}

export async function run(words: string[]): Promise<number> {
  const { json } = parseOptions(words, { json: { type: "boolean", default: false } });
  const findings = await Promise.all([
    node(),
    found("Python", "for functions on python3*", "python3", ["--version"]),
    found("boto3", "for Python functions that call AWS", "python3", [
      "-c",
      "import boto3; print(boto3.__version__)",
    ]),
    found("AWS CLI", "to drive the cloud from a shell", "aws", ["--version"]),
    found("SAM CLI", "to deploy SAM templates", "sam", ["--version"]),
    found("AWS CDK", "to deploy CDK applications", "cdk", ["--version"]),
  ]);
  if (json) process.stdout.write(`${JSON.stringify(findings)}\n`);
  else process.stdout.write(`${findings.map(describe).join("\n")}\n`);
  return findings.some(({ needed, version }) => needed && version === undefined) ? 1 : 0;
}

function node(): Finding {
  const recent = Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN;
  return {
    what: "Node.js",
    version: recent ? `${process.versions.node} (${process.execPath})` : undefined,
    needed: true,
    why: `${NODE_MAJOR_MIN} or later, for Flyball itself and for functions on nodejs*`,
  };
}

async function found(
  what: string,
  why: string,
  command: string,
  words: string[],
): Promise<Finding> {
  try {
    const { stdout, stderr } = await execute(command, words, { timeout: TIMEOUT_MS });
    const [line = ""] = (stdout.trim() || stderr.trim()).split("\n");
    return { what, version: line.replace(/^Python /, ""), needed: false, why };
  } catch {
    return { what, version: undefined, needed: false, why };
  }
}

function describe({ what, version, needed, why }: Finding): string {
  const mark =
    version !== undefined
      ? styled("green", "✓")
      : needed
        ? styled("red", "✗")
        : styled("yellow", "–");
  return `${mark} ${what.padEnd(8)} ${version ?? "not found"}  ${styled("dim", why)}`;
}
