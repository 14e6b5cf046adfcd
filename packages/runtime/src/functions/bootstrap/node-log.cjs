"use strict";
// Errors and log lines in the forms of AWS's Node.js runtime.
const { errorForLog } = require("./node-errors.cjs");
const { writeAll } = require("./node-runtime-api.cjs");

const STDOUT_FD = 1;
const REQUEST_ID = Symbol.for("aws.lambda.runtime.requestId");

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

module.exports = { logError, patchConsole, REQUEST_ID, writeThrough };
