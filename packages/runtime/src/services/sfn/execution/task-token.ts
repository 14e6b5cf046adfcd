import { randomBytes } from "node:crypto";
import type { World } from "../../../world.ts";

/** What a task token stands for. Clients take it for any text. */
export interface TaskTokenParts extends World {
  readonly executionId: string;
  readonly branchId: number;
  /** Tells tokens of one branch apart, and from guesses. */
  readonly secret: string;
}

const SECRET_BYTES = 16;

/** A token for the task that a branch is about to begin; at most 1024 characters, as AWS's. */
export function newTaskToken(world: World, executionId: string, branchId: number): string {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const parts = [world.account, world.region, executionId, branchId, secret];
  return Buffer.from(JSON.stringify(parts)).toString("base64");
}

/** Undefined for what is no token of ours. */
export function parseTaskToken(token: string): TaskTokenParts | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if (!Array.isArray(parts)) return undefined;
    const [account, region, executionId, branchId, secret] = parts;
    const texts = [account, region, executionId, secret];
    if (!texts.every((part) => typeof part === "string") || typeof branchId !== "number")
      return undefined;
    return { account, region, executionId, branchId, secret };
  } catch {
    return undefined;
  }
}
