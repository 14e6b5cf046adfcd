import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { complaintAbout, NODE_VERSION_MIN } from "../node-version.ts";
import { styled } from "../style.ts";
import { parseOptions } from "../usage.ts";

export const help = `flyball doctor: say what is on this machine that functions and clients need

  --json              as a JSON object

The exit code is 0 when everything that Flyball itself needs is there.
`;

const execute = promisify(execFile);
const TIMEOUT_MS = 10_000;

/** Something that this machine has or lacks, and what it is for. */
interface Finding {
  readonly what: string;
  /** null when it is not there. */
  readonly version: string | null;
  readonly needed: boolean;
  readonly why: string;
}

export async function run(words: string[]): Promise<number> {
  const { json } = parseOptions(words, { json: { type: "boolean", default: false } });
  const searches = [
    Promise.resolve(node()),
    found("Python", "for functions on python3*", "python3", ["--version"]),
    found("boto3", "for Python functions that call AWS", "python3", [
      "-c",
      "import boto3; print(boto3.__version__)",
    ]),
    awsCli(),
    found("SAM CLI", "to deploy SAM templates", "sam", ["--version"]),
    found("AWS CDK", "to deploy CDK applications", "cdk", ["--version"]),
  ];
  // Some of these take seconds to say their version: each is shown as soon as it and those before it are known.
  if (!json) for (const search of searches) process.stdout.write(`${describe(await search)}\n`);
  const findings = await Promise.all(searches);
  if (json) process.stdout.write(`${JSON.stringify(findings)}\n`);
  return findings.some(({ needed, version }) => needed && version === null) ? 1 : 0;
}

function node(): Finding {
  const recent = complaintAbout(process.versions.node) === undefined;
  return {
    what: "Node.js",
    version: recent ? `${process.versions.node} (${process.execPath})` : null,
    needed: true,
    why: `${NODE_VERSION_MIN} or later, for Flyball itself and for functions on nodejs*`,
  };
}

async function awsCli(): Promise<Finding> {
  const finding = await found("AWS CLI", "to drive the cloud from a shell", "aws", ["--version"]);
  if (!finding.version?.startsWith("1.")) return finding;
  // https://github.com/aws/aws-cli/issues/8737
  const flaw =
    "version 1 sends `aws sqs` to AWS whatever AWS_ENDPOINT_URL says: add --endpoint-url, or use version 2";
  return { ...finding, why: `${finding.why}; ${flaw}` };
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
    return {
      what,
      version: line
        .replace(/^(Python |aws-cli\/)/, "")
        .split(" ", 1)
        .join(),
      needed: false,
      why,
    };
  } catch {
    return { what, version: null, needed: false, why };
  }
}

function describe({ what, version, needed, why }: Finding): string {
  const mark =
    version !== null ? styled("green", "✓") : needed ? styled("red", "✗") : styled("yellow", "–");
  return `${mark} ${what.padEnd(8)} ${version ?? "not found"}  ${styled("dim", why)}`;
}
