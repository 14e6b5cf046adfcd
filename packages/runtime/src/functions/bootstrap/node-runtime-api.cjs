"use strict";
// The Runtime API as a runtime sees it, over a pipe, with blocking reads.
const fs = require("node:fs");
const { errorDocument } = require("./node-errors.cjs");

const RUNTIME_API_FD = 3;
const READ_BYTES = 64 * 1024;
const END_OF_HEAD = Buffer.from("\r\n\r\n");

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

module.exports = {
  nextInvocation,
  post,
  postError,
  postInitError,
  postResponse,
  serialized,
  writeAll,
};
