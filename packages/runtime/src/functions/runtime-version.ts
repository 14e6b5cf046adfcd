import { createHash } from "node:crypto";
import { arn } from "../arn.ts";

/** The version of a runtime that functions run on: AWS's has a hash for a name, which is opaque to everybody. */
export function runtimeVersionArn(region: string, runtime: string): string {
  const hash = createHash("sha256").update(runtime).digest("hex");
  return arn("lambda", region, "", `runtime:${hash}`);
}
