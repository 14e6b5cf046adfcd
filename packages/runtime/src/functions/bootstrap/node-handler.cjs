"use strict";
// Finds a function's handler as AWS's Node.js runtime does.
const fs = require("node:fs");
const nodeModule = require("node:module");
const path = require("node:path");
const { runtimeError } = require("./node-errors.cjs");

const NODE_24 = /^AWS_Lambda_nodejs(2[4-9]|[3-9]\d)/.test(process.env.AWS_EXECUTION_ENV ?? "");
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");

/** AWS's Node.js runtimes come with these; here they are those that the cloud itself is installed with. */
const BUNDLED_WITH_RUNTIME = /^@(aws-sdk|smithy|aws-crypto)\//;

function offerSdk() {
  const installedAt = process.env.FLYBALL_SDK_PARENT;
  delete process.env.FLYBALL_SDK_PARENT;
  if (installedAt === undefined || typeof nodeModule.registerHooks !== "function") return;
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      if (!BUNDLED_WITH_RUNTIME.test(specifier)) return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, context);
      } catch (notFound) {
        try {
          // What is required is looked for from the module that requires it, whatever the context says.
          if (!context.conditions?.includes("require"))
            return nextResolve(specifier, { ...context, parentURL: installedAt });
          const file = nodeModule.createRequire(installedAt).resolve(specifier);
          return { url: require("node:url").pathToFileURL(file).href, shortCircuit: true };
        } catch {
          throw notFound;
        }
      }
    },
  });
}

function isEsModuleFolder(folder) {
  for (let at = folder; !at.endsWith("/node_modules"); at = path.dirname(at)) {
    const manifest = path.join(at, "package.json");
    if (fs.existsSync(manifest)) {
      try {
        return JSON.parse(fs.readFileSync(manifest, "utf8"))?.type === "module";
      } catch (error) {
        console.warn(
          `${manifest} is no JSON, so it does not tell whether .js files are ES modules.`,
          error,
        );
        return false;
      }
    }
    if (path.dirname(at) === at) return false;
  }
  return false;
}

async function loadModule(taskRoot, folder, name) {
  const file = path.resolve(taskRoot, folder, name);
  const importFile = (target) => import(require("node:url").pathToFileURL(target).href);
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return require(file);
  if (fs.existsSync(`${file}.js`))
    return isEsModuleFolder(path.dirname(file)) ? importFile(`${file}.js`) : require(`${file}.js`);
  if (fs.existsSync(`${file}.mjs`)) return importFile(`${file}.mjs`);
  if (fs.existsSync(`${file}.cjs`)) return require(`${file}.cjs`);
  return require(require.resolve(name, { paths: [taskRoot, path.resolve(taskRoot, folder)] }));
}

async function loadHandler(taskRoot, handler) {
  if (handler.includes(".."))
    throw runtimeError(
      "MalformedHandlerName",
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  const base = path.basename(handler);
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (!match) throw runtimeError("MalformedHandlerName", "Bad handler");
  let loaded;
  try {
    loaded = await loadModule(taskRoot, handler.slice(0, handler.indexOf(base)), match[1]);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError("UserCodeSyntaxError", String(error));
    if (error?.code === "MODULE_NOT_FOUND") throw runtimeError("ImportModuleError", String(error));
    throw error;
  }
  const found = match[2].split(".").reduce((value, key) => value?.[key], loaded);
  if (!found) throw runtimeError("HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function")
    throw runtimeError("HandlerNotFound", `${handler} is not a function`);
  if (NODE_24 && found.length >= 3 && found[STREAMING] === undefined)
    throw runtimeError(
      "CallbackHandlerDeprecated",
      "Node.js 24 and later run no handler that takes a callback as its third parameter: make it an async function.",
    );
  return found;
}

module.exports = { loadHandler, NODE_24, offerSdk, STREAMING };
