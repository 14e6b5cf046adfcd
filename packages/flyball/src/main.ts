#!/usr/bin/env node
import nodeModule from "node:module";
import { complaintAbout } from "./node-version.ts";

// Nothing else is loaded before the version is known: an older Node.js could not even read it.
const complaint = complaintAbout(process.versions.node);
if (complaint !== undefined) {
  process.stderr.write(`flyball: ${complaint}\n`);
  process.exitCode = 1;
} else {
  // Keeps what was compiled, so that every start but the first one is faster.
  nodeModule.enableCompileCache?.();
  import("./command-line.ts")
    .then(({ runCommandLine }) => runCommandLine(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    });
}
