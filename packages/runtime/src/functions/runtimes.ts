import { execFile } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ServiceError } from "../errors.ts";
import type { FunctionSpec } from "./function.ts";

export interface RuntimeCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Whether it speaks the Runtime API over file descriptor 3. */
  readonly usesPipe: boolean;
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What a function itself got wrong about its runtime: a failed initialisation, not a refused call. */
export class InvalidEntrypoint extends Error {}

const NODE_BOOTSTRAP = fileURLToPath(new URL("./bootstrap/node.cjs", import.meta.url));
const PYTHON_BOOTSTRAP = fileURLToPath(new URL("./bootstrap/python.py", import.meta.url));
const BOOTSTRAP_DIRECTORY = fileURLToPath(new URL("./bootstrap/", import.meta.url));
/** The share of a function's memory that AWS's Node.js runtimes leave to the heap. */
const NODE_HEAP_SHARE = 0.9;
const PYTHON_PROBE_MS_MAX = 10_000;

/** Finds what runs a function's runtime on this machine, and remembers it. */
export class Runtimes {
  readonly #pythons = new Map<string, Promise<string>>();

  /**
   * @throws ServiceError InvalidRuntimeException: the runtime is not supported here, or its interpreter is missing.
   * @throws InvalidEntrypoint: a custom runtime has no `bootstrap` that can be run.
   */
  async commandFor(spec: FunctionSpec): Promise<RuntimeCommand> {
    return wrapped(spec, await this.#unwrapped(spec));
  }

  async #unwrapped(spec: FunctionSpec): Promise<RuntimeCommand> {
    const { runtime } = spec;
    if (/^nodejs\d/.test(runtime)) return nodeCommand(spec);
    if (/^python3/.test(runtime)) return pythonCommand(await this.#python(runtime));
    if (runtime.startsWith("provided")) return providedCommand(spec);
    throw invalidRuntime(
      `Flyball runs the runtimes nodejs*, python3* and provided.*, and no ${runtime || "container images"}: ` +
        `use one of these for ${spec.functionName}, or build it with a custom runtime (provided.al2023).`,
    );
  }

  #python(runtime: string): Promise<string> {
    let found = this.#pythons.get(runtime);
    if (!found) {
      found = findPython(runtime);
      this.#pythons.set(runtime, found);
      // One that was missing may be installed by the next try.
      found.catch(() => this.#pythons.delete(runtime));
    }
    return found;
  }
}

function nodeCommand(spec: FunctionSpec): RuntimeCommand {
  return {
    file: process.execPath,
    args: [
      `--max-old-space-size=${Math.round(spec.memorySizeMegabytes * NODE_HEAP_SHARE)}`,
      NODE_BOOTSTRAP,
    ],
    usesPipe: true,
    directory: BOOTSTRAP_DIRECTORY,
    // Where the AWS SDK is looked for that AWS's runtime brings along.
    variables: { FLYBALL_SDK_PARENT: import.meta.url },
  };
}

function pythonCommand(interpreter: string): RuntimeCommand {
  return {
    file: interpreter,
    args: ["-u", PYTHON_BOOTSTRAP],
    usesPipe: true,
    directory: BOOTSTRAP_DIRECTORY,
    variables: {},
  };
}

/** The interpreter of the runtime's own version where there is one, else `python3`; itself, not a shim before it. */
async function findPython(runtime: string): Promise<string> {
  const [exact, any] = await Promise.all([probe(runtime), probe("python3")]);
  const found = exact ?? any;
  if (found) return found;
  throw invalidRuntime(
    `The runtime ${runtime} needs a Python interpreter, and there is neither ${runtime} nor python3 on the PATH: ` +
      "install Python 3, or start Flyball with a PATH on which it is.",
  );
}

function probe(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      name,
      ["-c", "import sys; print(sys.executable)"],
      { timeout: PYTHON_PROBE_MS_MAX },
      (error, output) => resolve(error ? undefined : output.trim() || undefined),
    );
  });
}

async function providedCommand(spec: FunctionSpec): Promise<RuntimeCommand> {
  const candidates = [spec.codeDirectory, ...spec.layerDirectories.toReversed()].map((directory) =>
    join(directory, "bootstrap"),
  );
  for (const file of candidates) {
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) continue;
    await access(file, constants.X_OK).catch(() => {
      throw new InvalidEntrypoint("fork/exec /var/task/bootstrap: permission denied");
    });
    return { file, args: [], usesPipe: false, directory: spec.codeDirectory, variables: {} };
  }
  throw new InvalidEntrypoint(
    "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
  );
}

/** `AWS_LAMBDA_EXEC_WRAPPER`: a script, often a layer's, that is given the runtime's command to run. */
function wrapped(spec: FunctionSpec, command: RuntimeCommand): RuntimeCommand {
  const wrapper = spec.environment.AWS_LAMBDA_EXEC_WRAPPER;
  if (!wrapper) return command;
  const layer = spec.layerDirectories.at(-1);
  const file =
    wrapper.startsWith("/opt/") && layer !== undefined
      ? join(layer, wrapper.slice("/opt/".length))
      : wrapper.startsWith("/var/task/")
        ? join(spec.codeDirectory, wrapper.slice("/var/task/".length))
        : wrapper;
  return { ...command, file, args: [command.file, ...command.args] };
}

function invalidRuntime(message: string): ServiceError {
  return new ServiceError("InvalidRuntimeException", message, { fields: { Type: "Service" } });
}

/** The version that INIT_START names: `nodejs:22.v1` for `nodejs22.x`. */
export function runtimeVersion(runtime: string): string {
  const [, language, version] = /^([a-z]+)\.?(.*?)(?:\.x)?$/.exec(basename(runtime)) ?? [];
  return `${language ?? runtime}:${version ?? ""}.v1`;
}
