import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { skip } from "./aws-cli.ts";
import { Flyball } from "./flyball.ts";

/** A line that `boto3_tests.py` prints when one of a file's tests has ended. */
interface Ended {
  readonly name: string;
  /** The traceback, where it failed. */
  readonly failure?: string;
  readonly skipped?: string;
}

/**
 * Runs a Python file of unittest tests against a cloud of its own, each as a test of this run. `words` are for
 * `flyball start`.
 */
export function boto3Tests(file: string, ...words: string[]): void {
  test(file, { skip }, async (context) => {
    await using flyball = await Flyball.start(...words);
    const python = spawn("python3", ["-u", fileURLToPath(new URL(file, import.meta.url))], {
      env: { ...flyball.environment(), PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = once(python, "exit");
    const errors = python.stderr.setEncoding("utf8").toArray();
    let ran = 0;
    for await (const line of createInterface({ input: python.stdout })) {
      const { name, failure, skipped } = JSON.parse(line) as Ended;
      ran += 1;
      await context.test(name, { skip: skipped ?? false }, () => {
        if (failure === undefined) return;
        const error = new Error(failure);
        // Python's traceback says where; the place here says nothing.
        error.stack = failure;
        throw error;
      });
    }
    const [code] = await exited;
    // A failed test has failed on its own already; what is left is a file that did not run.
    if (ran === 0) throw new Error(`${file} ran no test (${code}):\n${(await errors).join("")}`);
  });
}
