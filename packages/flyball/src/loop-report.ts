import type { Hop, StoppedChain } from "@flyball/runtime";
import { styled } from "./style.ts";

/** The last part of an ARN, which people know a resource by. */
export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1);
}

function kindOf(arn: string): string {
  return arn.split(":")[2] ?? "";
}

/** A resource as a line shows it: its name, and its service where that is not Lambda. */
export function labelOf(arn: string): string {
  const kind = kindOf(arn);
  return kind === "lambda" || kind === "" ? nameOf(arn) : `${nameOf(arn)} (${kind})`;
}

/** One hop of a chain in a line, as it happens. */
export function hopLine(hop: Hop): string {
  const where = `${labelOf(hop.from)} → ${labelOf(hop.to)}`;
  if (!hop.invocation) return `      ${where}`;
  return `${String(hop.invocation.depth).padStart(4)}  ${where}`;
}

/**
 * What was stopped, in a few lines: which functions, through what, how often, what happens to the event, what to do.
 */
export function stopLines(stop: StoppedChain): string[] {
  const name = nameOf(stop.functionArn);
  const cycle = [...stop.cycle, stop.functionArn].map(labelOf).join(" → ");
  return [
    `${styled(["bold", "red"], "loop stopped")}  ${styled("bold", name)} had run ${stop.invocations} times in one chain of requests; its next invocation was refused`,
    `  round    ${cycle}`,
    `  chain    ${stop.root}, ${stop.depth} invocations, in ${stop.region} of ${stop.account}`,
    `  event    ${fateOf(stop)}`,
    `  mend     let ${name} send elsewhere than to what invokes it; or, if the loop is meant:`,
    `           aws lambda put-function-recursion-config --function-name ${name} --recursive-loop Allow`,
  ];
}

/** Where the event of the refused invocation goes, by how the function was invoked. */
function fateOf({ hops, cycle }: StoppedChain): string {
  const from = hops.at(-1)?.from ?? cycle.at(-1) ?? "";
  switch (kindOf(from)) {
    case "sqs":
      return `stays in ${nameOf(from)}, refused at each receive, until its maxReceiveCount moves it to the dead-letter queue`;
    case "lambda":
      return `a synchronous caller got RecursiveInvocationException; an asynchronous event goes to the dead-letter queue or on-failure destination`;
    default:
      return "goes to the function's dead-letter queue or on-failure destination, if it has one";
  }
}
