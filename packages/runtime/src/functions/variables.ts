import { existsSync } from "node:fs";
import { devNull } from "node:os";
import { delimiter, join } from "node:path";
import type { FunctionSpec } from "./function.ts";

/** Of the environment that the cloud itself runs in, a function sees no more than a process needs to start at all. */
const ESSENTIAL = [
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SYSTEMROOT",
  "SystemRoot",
  "COMSPEC",
  "PATHEXT",
  "WINDIR",
];

/** Credentials that are valid nowhere. The access key is the account, so that a call lands in the function's own. */
const SECRET_ACCESS_KEY = "flyball";
const SESSION_TOKEN = "flyball";

export interface EnvironmentDetails {
  readonly logStreamName: string;
  readonly runtimeApi: string;
  readonly runtimeDirectory: string;
  readonly endpoint: string;
}

/**
 * The environment variables of a function. Source: AWS Lambda developer guide, "Defined runtime environment
 * variables". A function's own variables do not replace the reserved ones, nor `AWS_ENDPOINT_URL`: nothing under test
 * may reach a real account. For the same reason the developer's AWS profiles are out of sight.
 */
export function environmentVariables(
  spec: FunctionSpec,
  { logStreamName, runtimeApi, runtimeDirectory, endpoint }: EnvironmentDetails,
): Record<string, string> {
  const { codeDirectory, layerDirectories } = spec;
  // A later layer lies over an earlier one.
  const layers = layerDirectories.toReversed();
  const inLayers = (...path: string[]) => layers.map((layer) => join(layer, ...path));
  const joined = (...paths: (string | undefined)[]) => paths.filter(Boolean).join(delimiter);
  return {
    ...essentials(),
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000",
    ...spec.environment,
    PATH: joined(...inLayers("bin"), spec.environment.PATH ?? process.env.PATH),
    LD_LIBRARY_PATH: joined(
      spec.environment.LD_LIBRARY_PATH,
      codeDirectory,
      join(codeDirectory, "lib"),
      ...inLayers("lib"),
    ),
    ...searchPaths(spec, inLayers, joined),
    _HANDLER: spec.handler,
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    ...(spec.runtime.startsWith("provided")
      ? {}
      : { AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}` }),
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memorySizeMegabytes),
    AWS_LAMBDA_FUNCTION_VERSION: spec.version,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    AWS_ACCESS_KEY_ID: spec.account,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN: SESSION_TOKEN,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: codeDirectory,
    LAMBDA_RUNTIME_DIR: runtimeDirectory,
    AWS_ENDPOINT_URL: endpoint,
    // SDKs would call `sync-` and this endpoint's host for StartSyncExecution, which no name server knows.
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
  };
}

function essentials(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ESSENTIAL) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

type InLayers = (...path: string[]) => string[];

/** Where a language looks for packages: the layers' folders for it, then the function's own. */
function searchPaths(
  { runtime, codeDirectory, environment }: FunctionSpec,
  inLayers: InLayers,
  joined: (...paths: (string | undefined)[]) => string,
): Record<string, string> {
  if (runtime.startsWith("nodejs")) {
    const major = /^nodejs(\d+)/.exec(runtime)?.[1] ?? "";
    return {
      NODE_PATH: joined(
        ...inLayers("nodejs", `node${major}`, "node_modules"),
        ...inLayers("nodejs", "node_modules"),
        codeDirectory,
        environment.NODE_PATH,
      ),
    };
  }
  if (runtime.startsWith("python")) {
    const sitePackages = inLayers("python", "lib", runtime, "site-packages").filter((path) =>
      existsSync(path),
    );
    return {
      PYTHONPATH: joined(
        codeDirectory,
        ...inLayers("python"),
        ...sitePackages,
        environment.PYTHONPATH,
      ),
      PYTHONDONTWRITEBYTECODE: environment.PYTHONDONTWRITEBYTECODE ?? "1",
    };
  }
  return {};
}
