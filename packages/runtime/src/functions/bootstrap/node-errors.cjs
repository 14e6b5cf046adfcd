"use strict";
// Errors in the forms of AWS's Node.js runtime.

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

module.exports = { errorDocument, errorForLog, runtimeError };
