import { loopTests } from "./loops.ts";

loopTests({ name: "Node.js, CommonJS", runtime: "nodejs22.x", file: "relay.cjs" });
loopTests({ name: "Node.js, ES modules", runtime: "nodejs22.x", file: "relay.mjs" });
