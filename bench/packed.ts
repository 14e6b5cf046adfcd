import { execFileSync, type StdioOptions } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory, ROOT } from "./processes.ts";

let installed: string | undefined;

/** The command's file as users have it: packed, and installed into an empty folder. Made once a run. */
export function packedMain(): string {
  if (installed !== undefined) return installed;
  const directory = makeDirectory();
  process.once("exit", () => directory.remove());
  const quiet: { stdio: StdioOptions; encoding: "utf8" } = {
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
  };
  const packing = ["pack", "--json", "--pack-destination", directory.path];
  const printed = execFileSync("npm", packing, { cwd: join(ROOT, "packages/flyball"), ...quiet });
  // What prepack prints stands before npm's own JSON.
  const [{ filename }] = JSON.parse(printed.slice(printed.lastIndexOf("\n[") + 1));
  const home = join(directory.path, "home");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), "{}");
  const flags = ["--no-audit", "--no-fund", "--prefer-offline"];
  execFileSync("npm", ["install", ...flags, join(directory.path, filename)], {
    cwd: home,
    ...quiet,
  });
  installed = join(home, "node_modules/flyball/dist/main.js");
  return installed;
}
