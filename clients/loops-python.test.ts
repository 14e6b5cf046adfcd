import { loopTests } from "./loops.ts";
import { readVenv } from "./venv.ts";

// The runtime's name is that of the venv's interpreter, the one that has boto3.
const venv = readVenv();
const runtime = venv.missing === undefined ? venv.python : "python3.13";
loopTests({ name: "Python", runtime, file: "relay.py" }, venv.missing ?? false);
