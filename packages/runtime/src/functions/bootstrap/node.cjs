"use strict";
// Runs a Node.js handler in an execution environment. It speaks the Runtime API over file descriptor 3, with blocking
// reads: that needs no network module to be loaded, so a cold start costs little more than Node's own, and between two
// invocations the process stands still, timers included, as a frozen environment does on AWS.
// Behaviour as documented by aws/aws-lambda-nodejs-runtime-interface-client, which is AWS's managed runtime.
const fs = require("node:fs");
const path = require("node:path");
const nodeModule = require("node:module");

const RUNTIME_API_FD = 3;
const STDOUT_FD = 1;
const READ_BYTES = 64 * 1024;
/** A pause after which the event loop gets a turn first, so that connections closed meanwhile are seen as closed. */
const THAW_AFTER_MS = 100;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const STREAMING_HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const REQUEST_ID = Symbol.for("aws.lambda.runtime.requestId");
const NODE_24 = /^AWS_Lambda_nodejs(2[4-9]|[3-9]\d)/.test(process.env.AWS_EXECUTION_ENV ?? "");

// ---- The Runtime API over a pipe ------------------------------------------------------------------------------

let unread = Buffer.alloc(0);
let answersAwaited = 0;

function readMore(buffer, offset, length) {
  const count = retried(() => fs.readSync(RUNTIME_API_FD, buffer, offset, length, null));
  // The other end is gone, and with it whoever wanted an answer: nothing may outlive it, not even exit handlers.
  if (count === 0) process.reallyExit(0);
  return count;
}

function writeAll(fd, data) {
  for (let offset = 0; offset < data.length; )
    offset += retried(() => fs.writeSync(fd, data, offset, data.length - offset));
}

/** A descriptor that a function made non-blocking answers EAGAIN; waiting is what a blocking one would have done. */
function retried(attempt) {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (error.code === "EOF" || error.code === "ECONNRESET" || error.code === "EPIPE")
        return process.reallyExit(0);
      if (error.code !== "EAGAIN" && error.code !== "EINTR") throw error;
      if (error.code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function readAnswer() {
  let end = unread.indexOf(END_OF_HEAD);
  while (end < 0) {
    const chunk = Buffer.allocUnsafe(READ_BYTES);
    const count = readMore(chunk, 0, READ_BYTES);
    unread =
      unread.length === 0
        ? chunk.subarray(0, count)
        : Buffer.concat([unread, chunk.subarray(0, count)]);
    end = unread.indexOf(END_OF_HEAD);
  }
  const lines = unread.latin1Slice(0, end).split("\r\n");
  const headers = {};
  for (let i = 1; i < lines.length; i += 1) {
    const colon = lines[i].indexOf(":");
    headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
  }
  const length = Number(headers["content-length"] ?? 0);
  const rest = unread.subarray(end + END_OF_HEAD.length);
  if (rest.length >= length) {
    unread = rest.subarray(length);
    return { headers, body: rest.subarray(0, length) };
  }
  const body = Buffer.allocUnsafe(length);
  rest.copy(body);
  for (let offset = rest.length; offset < length; )
    offset += readMore(body, offset, length - offset);
  unread = Buffer.alloc(0);
  return { headers, body };
}

function post(resource, body, headers = "Content-Type: application/json\r\n") {
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const head = `POST /2018-06-01/runtime/${resource} HTTP/1.1\r\nHost: runtime\r\n${headers}Content-Length: ${bytes}\r\n\r\n`;
  writeAll(
    RUNTIME_API_FD,
    typeof body === "string" ? Buffer.from(head + body) : Buffer.concat([Buffer.from(head), body]),
  );
  answersAwaited += 1;
}

function nextInvocation() {
  writeAll(
    RUNTIME_API_FD,
    Buffer.from("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"),
  );
  for (; answersAwaited > 0; answersAwaited -= 1) readAnswer();
  return readAnswer();
}

const postResponse = (id, value) =>
  post(`invocation/${encodeURIComponent(id)}/response`, serialized(value));

function postError(id, error) {
  post(`invocation/${encodeURIComponent(id)}/error`, serialized(errorDocument(error)));
}

/** Reports that initialisation failed, and waits until that is heard. */
function postInitError(error) {
  const document = errorDocument(error);
  const type = String(document.errorType).replace(/[^\x20-\x7e]/g, "?");
  post(
    "init/error",
    serialized(document),
    `Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: ${type}\r\n`,
  );
  for (; answersAwaited > 0; answersAwaited -= 1) readAnswer();
}

function serialized(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? "";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

// ---- Errors -----------------------------------------------------------------------------------------------------

function runtimeError(name, message, fields) {
  const kind = class extends Error {};
  Object.defineProperty(kind.prototype, "name", { value: `Runtime.${name}` });
  return Object.assign(new kind(message), fields);
}

function errorDocument(error) {
  try {
    if (
      error instanceof Error ||
      (error?.name && error.message && typeof error.stack === "string")
    ) {
      const printable = (text) => String(text).replaceAll("\x7F", "%7F");
      return {
        errorType: printable(error.name),
        errorMessage: printable(error.message),
        trace: printable(error.stack).split("\n"),
      };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "The error that the callback was given has a message, name or stack that cannot be read.",
    };
  }
}

/** How the runtime shows an error in the log: its own members beside type, message and stack. */
function errorForLog(error) {
  const withMembers = (_key, value) => {
    if (!(value instanceof Error)) return value;
    const members = {
      errorType: value.name,
      errorMessage: value.message,
      code: value.code,
      ...value,
    };
    if (typeof value.stack === "string") members.stack = value.stack.split("\n");
    return members;
  };
  try {
    return `\t${JSON.stringify(error, withMembers)}`;
  } catch {
    return `\t${JSON.stringify(errorDocument(error))}`;
  }
}

// ---- The log ------------------------------------------------------------------------------------------------------

const LOG_FRAME = 0xa55a0003;
const LOG_FRAME_BYTES = 16;
const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const logsJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
const lowestLevel = LEVELS[process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE;
let format;

/** One log event, framed as AWS's runtimes frame it for the platform, so that its line breaks don't split it. */
function writeLogEvent(message) {
  const length = Buffer.byteLength(message);
  const frame = Buffer.allocUnsafe(LOG_FRAME_BYTES + length);
  frame.writeUInt32BE(LOG_FRAME, 0);
  frame.writeUInt32BE(length, 4);
  frame.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  frame.write(message, LOG_FRAME_BYTES);
  writeAll(STDOUT_FD, frame);
}

function log(level, ...values) {
  if (LEVELS[level] < lowestLevel && level !== "FATAL") return;
  format ??= require("node:util").format;
  const time = new Date().toISOString();
  const requestId = globalThis[REQUEST_ID];
  writeLogEvent(
    logsJson
      ? `${logJson(time, level, requestId, values)}\n`
      : `${time}\t${requestId}\t${level}\t${format(...values)}\n`,
  );
}

function logJson(timestamp, level, requestId, values) {
  const describe = (error) => ({
    errorType: error?.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : error.stack,
  });
  const event = { timestamp, level, requestId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...event, message: values[0] }, (_key, value) =>
        value instanceof Error ? { ...describe(value), ...value } : value,
      );
    } catch {
      return JSON.stringify({ ...event, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({
    ...event,
    message: format(...values),
    ...(error ? describe(error) : {}),
  });
}

function logError(message, error) {
  const shown = error instanceof Error ? error : new Error(error);
  if (logsJson) log("ERROR", shown);
  else log("ERROR", message, errorForLog(shown));
}

function patchConsole() {
  console.trace = (...values) => log("TRACE", ...values);
  console.debug = (...values) => log("DEBUG", ...values);
  console.info = (...values) => log("INFO", ...values);
  console.log = console.info;
  console.warn = (...values) => log("WARN", ...values);
  console.error = (...values) => log("ERROR", ...values);
  console.fatal = (...values) => log("FATAL", ...values);
}

// ---- Finding the handler ------------------------------------------------------------------------------------------

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

// ---- Invocations ----------------------------------------------------------------------------------------------------

let onEmptyEventLoop = () => {};
let onUncaught = (error, code) => {
  postInitError(error);
  process.exit(code);
};

function contextOf(headers) {
  const json = (name) => {
    const text = headers[name];
    if (text === undefined) return undefined;
    try {
      return JSON.parse(Buffer.from(text, "latin1").toString("utf8"));
    } catch (error) {
      throw new Error(`Cannot parse ${name} as JSON: ${error}`);
    }
  };
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: json("lambda-runtime-client-context"),
    identity: json("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** The callback, and the part of the context that settles the invocation. Whatever is called first counts. */
function settlement(id, scheduleNext) {
  let settled = false;
  let waits = true;
  const fail = (error) => {
    logError("Invoke Error", error);
    postError(id, error);
    scheduleNext();
  };
  const succeed = (value) => {
    let body;
    try {
      body = serialized(value);
    } catch (error) {
      return fail(error);
    }
    post(`invocation/${encodeURIComponent(id)}/response`, body);
    scheduleNext();
  };
  const once =
    (settle) =>
    (...values) => {
      if (settled) return;
      settled = true;
      onEmptyEventLoop = () => {};
      settle(...values);
    };
  const isSet = (error) => error !== undefined && error !== null;
  const done = (error, value) => (isSet(error) ? fail(error) : succeed(value));
  const callback = once((error, value) => {
    if (isSet(error)) return fail(error);
    if (!waits) return succeed(value);
    onEmptyEventLoop = () => {
      onEmptyEventLoop = () => {};
      setImmediate(() => succeed(value));
    };
  });
  const context = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
    succeed: once((value) => succeed(value)),
    fail: once((error) => fail(isSet(error) ? error : "handled")),
    done: once(done),
  };
  return { callback, context, abandon: once(() => {}) };
}

function invokeBuffered(handler, id, event, headers, scheduleNext) {
  const { callback, context, abandon } = settlement(id, scheduleNext);
  onEmptyEventLoop = () => {
    abandon();
    if (handler.constructor?.name === "AsyncFunction") {
      const error = runtimeError(
        "NodeJsExit",
        "The event loop is empty, but the promise of the handler never settled.",
      );
      logError("Invoke Error", error);
      postError(id, error);
    } else postResponse(id, null);
    scheduleNext();
  };
  try {
    const result = handler(event, Object.assign(context, contextOf(headers)), callback);
    if (typeof result?.then === "function") result.then(context.succeed, context.fail);
    else if (NODE_24 && result !== undefined) context.succeed(result);
  } catch (error) {
    callback(error);
  }
}

/** A streaming handler's response, kept until it is complete: who asked for it gets it whole. */
function responseStream(id, highWaterMark) {
  const { Writable } = require("node:stream");
  const chunks = [];
  const stream = new Writable({
    highWaterMark,
    write(chunk, _encoding, written) {
      chunks.push(chunk);
      written();
    },
  });
  let contentType = "application/octet-stream";
  const write = stream.write.bind(stream);
  const toWritable = (chunk) =>
    typeof chunk === "string" || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
  stream.write = (chunk, ...rest) => {
    const prelude = stream._onBeforeFirstWrite;
    stream._onBeforeFirstWrite = undefined;
    prelude?.((first) => write(first));
    return write(toWritable(chunk), ...rest);
  };
  stream.setContentType = (type) => {
    contentType = type;
  };
  const send = () =>
    post(
      `invocation/${encodeURIComponent(id)}/response`,
      Buffer.concat(chunks),
      `Content-Type: ${contentType.replace(/[\r\n]/g, "")}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n`,
    );
  return { stream, send };
}

async function invokeStreaming(handler, id, event, headers, scheduleNext) {
  const { stream, send } = responseStream(id, handler[STREAMING_HIGH_WATER_MARK]);
  let finished = false;
  const finish = (error) => {
    if (finished) return;
    finished = true;
    onEmptyEventLoop = () => {};
    if (error === undefined) send();
    else {
      logError("Invoke Error", error);
      postError(id, error);
    }
    scheduleNext();
  };
  onEmptyEventLoop = () => finish(new Error("Response stream is not finished."));
  try {
    const context = { callbackWaitsForEmptyEventLoop: true, ...contextOf(headers) };
    const result = handler(event, stream, context);
    if (typeof result?.then !== "function")
      throw new Error("Streaming does not support non-async handlers.");
    if ((await result) !== undefined) console.warn("What a streaming handler returns is ignored.");
    if (!stream.writableEnded) throw new Error("Response stream is not finished.");
    if (!stream.writableFinished) await require("node:events").once(stream, "finish");
    finish();
  } catch (error) {
    finish(error ?? "handled");
  }
}

function serve(handler) {
  const invoke = handler[STREAMING] ? invokeStreaming : invokeBuffered;
  const scheduleNext = () => setImmediate(takeNext);
  const take = (headers, body) => {
    const id = headers["lambda-runtime-aws-request-id"];
    globalThis[REQUEST_ID] = id;
    onUncaught = (error, code) => {
      postError(id, error);
      process.exit(code);
    };
    const traceHeader = headers["lambda-runtime-trace-id"];
    if (traceHeader) process.env._X_AMZN_TRACE_ID = traceHeader;
    else delete process.env._X_AMZN_TRACE_ID;
    let event;
    try {
      event = JSON.parse(body.utf8Slice(0, body.length));
    } catch (error) {
      logError("Invoke Error", error);
      postError(id, error);
      return scheduleNext();
    }
    invoke(handler, id, event, headers, scheduleNext);
  };
  const takeNext = () => {
    const askedAt = performance.now();
    const { headers, body } = nextInvocation();
    if (performance.now() - askedAt < THAW_AFTER_MS) return take(headers, body);
    setImmediate(() => setImmediate(take, headers, body));
  };
  takeNext();
}

/**
 * Makes a standard stream write at once and whole, in the moment somebody first uses it: what it kept for later would
 * stay behind when the process stands still.
 */
function writeThrough(name) {
  const { get } = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      const stream = get.call(process);
      stream._handle?.setBlocking?.(true);
      Object.defineProperty(process, name, {
        configurable: true,
        enumerable: true,
        get: () => stream,
      });
      return stream;
    },
  });
}

globalThis[REQUEST_ID] = undefined;
patchConsole();
writeThrough("stdout");
writeThrough("stderr");
offerSdk();
globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = "response";
    if (typeof options?.highWaterMark === "number")
      handler[STREAMING_HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    return handler;
  },
  HttpResponseStream: {
    /** Metadata of an HTTP response before its body: JSON, eight zero bytes, then what is written. */
    from(stream, prelude) {
      stream.setContentType("application/vnd.awslambda.http-integration-response");
      const metadata = JSON.stringify(prelude);
      stream._onBeforeFirstWrite = (write) => {
        write(metadata);
        write(new Uint8Array(8));
      };
      return stream;
    },
  },
};
process.on("uncaughtException", (error) => {
  logError("Uncaught Exception", error);
  onUncaught(error, 129);
});
process.on("unhandledRejection", (reason, promise) => {
  const error = runtimeError("UnhandledPromiseRejection", String(reason), { reason, promise });
  logError("Unhandled Promise Rejection", error);
  onUncaught(error, 128);
});
process.on("beforeExit", () => onEmptyEventLoop());

loadHandler(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), process.env._HANDLER ?? "").then(
  (handler) => serve(handler),
  (error) => {
    logError("Uncaught Exception", error);
    postInitError(error);
    process.exit(129);
  },
);
