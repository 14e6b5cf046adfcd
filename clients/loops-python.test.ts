import { type Language, loopTests, mixedLoopTest } from "./loops.ts";
import { readVenv } from "./venv.ts";

const venv = readVenv();
const skip = venv.missing ?? false;
const python: Language = {
  name: "Python",
  // The runtime's name is that of the venv's interpreter, the one that has boto3.
  runtime: venv.missing === undefined ? venv.python : "python3.13",
  file: "relay.py",
};
const node: Language = { name: "Node.js", runtime: "nodejs22.x", file: "relay.mjs" };

loopTests(python, skip);
mixedLoopTest(node, python, skip);
