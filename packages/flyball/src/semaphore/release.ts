import { createInterface } from "node:readline/promises";
import type { Holder } from "@flyball/semaphore";
import { UsageError } from "../usage.ts";
import { headLine, holderName } from "./describe.ts";
import type { SemaphoreTable } from "./table.ts";

export interface ReleaseOptions {
  readonly name: string;
  /** An owner, an execution, or a fencing token. */
  readonly owner: string;
  /** How many units an execution holds. */
  readonly units: number;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Takes an owner's units from it, once someone has said yes. Resolves with the exit code; rejects when the owner
 * holds nothing.
 */
export async function releaseHolders(
  table: SemaphoreTable,
  { name, owner, units, yes, json }: ReleaseOptions,
): Promise<number> {
  const { holders } = await table.inspect(name);
  const chosen = holders.filter((holder) => isOf(holder, owner));
  if (chosen.length === 0) throw new Error(holdsNothing(name, owner, holders));
  if (!yes && !(await confirmed(name, chosen))) {
    process.stderr.write("flyball: nothing was released.\n");
    return 1;
  }
  const released: Holder[] = [];
  for (const holder of chosen) if (await table.takeBack(name, holder, units)) released.push(holder);
  const after = await table.inspect(name);
  if (json) process.stdout.write(`${JSON.stringify({ released, semaphore: after })}\n`);
  else {
    const lines = released.map((holder) => `released: ${describe(holder)}`);
    process.stdout.write(`${[...lines, headLine(after)].join("\n")}\n`);
  }
  if (released.length === chosen.length) return 0;
  const late = chosen.length - released.length;
  process.stderr.write(`flyball: ${late} of ${chosen.length} had been given up meanwhile.\n`);
  return released.length > 0 ? 0 : 1;
}

function isOf(holder: Holder, owner: string): boolean {
  return holder.owner === owner || holder.attribute === owner || String(holder.token) === owner;
}

function holdsNothing(name: string, owner: string, holders: readonly Holder[]): string {
  if (holders.length === 0) return `"${owner}" holds nothing of "${name}": nobody does.`;
  const others = [...new Set(holders.map(holderName))];
  const shown = others.slice(0, 5).map((other) => `"${other}"`);
  const more = others.length > shown.length ? ` and ${others.length - shown.length} more` : "";
  return `"${owner}" holds nothing of "${name}". Who does: ${shown.join(", ")}${more}.`;
}

async function confirmed(name: string, holders: readonly Holder[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError("There is no terminal to ask at: --yes releases without asking.");
  process.stderr.write(`${holders.map((holder) => `  ${describe(holder)}\n`).join("")}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const units = holders.length === 1 ? "this unit" : `these ${holders.length} units`;
  const answer = await terminal.question(
    `Who holds it may still be at work. Take ${units} of "${name}" from it? [y/N] `,
  );
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function describe(holder: Holder): string {
  const token = holder.token === undefined || !holder.owner ? "" : `, token ${holder.token}`;
  const since = holder.since === undefined ? "" : `, since ${holder.since}`;
  return `${holderName(holder)}${token}${since}`;
}
