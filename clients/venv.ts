import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What the suite drives the cloud with, beside the SDK for JavaScript; the latest of each that the registry has. */
const PACKAGES = ["awscli", "boto3", "cryptography", "aws-sns-message-validator"] as const;
const VENV = fileURLToPath(new URL("../.venv/", import.meta.url));
const BIN = join(VENV, "bin");
/** Written last: a venv without it is half made. */
const RECORD = join(VENV, "clients.json");
/** How `npm run test:clients` tells the test files why there is no venv. */
export const MISSING_VARIABLE = "FLYBALL_CLIENTS_MISSING";

const execute = promisify(execFile);

interface Installed {
  /** `python3.11`: also the name of the Lambda runtime that runs on this interpreter. */
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** The Python clients in their venv, or why they are not to be had on this machine. */
export type Venv = (Installed & { readonly missing?: undefined }) | { readonly missing: string };

/** What lies in the venv; never installs. */
export function readVenv(): Venv {
  const installed = readRecord();
  if (installed) return installed;
  return {
    missing:
      process.env[MISSING_VARIABLE] || "the AWS CLI and boto3 come with: npm run test:clients",
  };
}

/** Makes the venv, unless it is there. Rejects never: a machine without Python or a registry gets the reason. */
export async function makeVenv(): Promise<Venv> {
  const installed = readRecord();
  if (installed) return installed;
  await rm(VENV, { recursive: true, force: true });
  try {
    await execute("python3", ["-m", "venv", VENV]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await execute(join(BIN, "python"), [...pip, ...PACKAGES]);
    const found = await describe();
    await writeFile(RECORD, JSON.stringify({ packages: PACKAGES, ...found }));
    return found;
  } catch (error) {
    return { missing: explain(error as ExecError) };
  }
}

/** A PATH on which the venv's `aws` and `python3` come first. */
export function pathWithVenv(): string {
  return [BIN, process.env.PATH].filter(Boolean).join(delimiter);
}

async function describe(): Promise<Installed> {
  const script = [
    "import importlib.metadata, json, sys",
    "names = sys.argv[1:]",
    "versions = {name: importlib.metadata.version(name) for name in names}",
    "print(json.dumps({'python': 'python%d.%d' % sys.version_info[:2], 'versions': versions}))",
  ].join("\n");
  const { stdout } = await execute(join(BIN, "python"), ["-c", script, ...PACKAGES]);
  return JSON.parse(stdout) as Installed;
}

function readRecord(): Installed | undefined {
  if (!existsSync(RECORD)) return undefined;
  const { packages, python, versions } = JSON.parse(readFileSync(RECORD, "utf8")) as Installed & {
    readonly packages: readonly string[];
  };
  // A suite that asks for more than a former one did makes its venv anew.
  return PACKAGES.every((name) => packages.includes(name)) ? { python, versions } : undefined;
}

interface ExecError extends Error {
  readonly code?: string | number;
  readonly stdout?: string;
  readonly stderr?: string;
}

function explain({ code, stdout = "", stderr = "", message }: ExecError): string {
  if (code === "ENOENT") return "there is no python3 on the PATH";
  const output = `${stdout}\n${stderr}`;
  if (/ensurepip/.test(output)) return "python3 is there, but not its modules venv and pip";
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return `python3 could not install ${PACKAGES.join(", ")}: ${lines.at(-1)?.trim() ?? message}`;
}
