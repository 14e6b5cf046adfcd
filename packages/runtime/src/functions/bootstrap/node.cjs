"use strict";
// Runs a Node.js handler in an execution environment. It speaks the Runtime API over file descriptor 3, with blocking
// reads: that needs no network module to be loaded, so a cold start costs little more than Node's own, and between two
// invocations the process stands still, timers included, as a frozen environment does on AWS.
// Behaviour as documented by aws/aws-lambda-nodejs-runtime-interface-client, which is AWS's managed runtime.
const { runtimeError } = require("./node-errors.cjs");
const { loadHandler, NODE_24, offerSdk, STREAMING } = require("./node-handler.cjs");
const { findPrefixedEndpoint } = require("./node-host-prefix.cjs");
const { logError, patchConsole, REQUEST_ID, writeThrough } = require("./node-log.cjs");
const {
  nextInvocation,
  post,
  postError,
  postInitError,
  postResponse,
  serialized,
} = require("./node-runtime-api.cjs");

/** A pause after which the event loop gets a turn first, so that connections closed meanwhile are seen as closed. */
const THAW_AFTER_MS = 100;
const STREAMING_HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

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

globalThis[REQUEST_ID] = undefined;
patchConsole();
writeThrough("stdout");
writeThrough("stderr");
offerSdk();
findPrefixedEndpoint();
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
