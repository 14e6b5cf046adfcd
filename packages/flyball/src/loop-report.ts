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
 * A loop in a few lines: whether it was stopped, through what it goes, how often it came round, what happens to the
 * event, what to do.
 */
export function loopLines(loop: StoppedChain): string[] {
  const name = nameOf(loop.functionArn);
  const cycle = [...loop.cycle, loop.functionArn].map(labelOf).join(" → ");
  return [
    `${headline(loop)}`,
    `  round    ${cycle}`,
    `  chain    ${loop.root}, ${loop.depth} invocations, in ${loop.region} of ${loop.account}`,
    ...(loop.covered ? coveredLines(loop, name) : uncoveredLines(loop)),
  ];
}

function headline({ functionArn, invocations, covered, stopped }: StoppedChain): string {
  const name = styled("bold", nameOf(functionArn));
  const often = `${invocations} times in one chain of requests`;
  if (covered)
    return `${styled(["bold", "red"], "loop stopped")}  ${name} had run ${often}; its next invocation was refused`;
  if (stopped)
    return `${styled(["bold", "red"], "loop stopped, which AWS would not do")}  ${name} had come round ${often}`;
  return `${styled(["bold", "red"], "loop that AWS would not stop")}  ${name} has come round ${often}, and goes on`;
}

function coveredLines(loop: StoppedChain, name: string): string[] {
  return [
    `  event    ${fateOf(loop)}`,
    `  mend     let ${name} send elsewhere than to what invokes it; or, if the loop is meant:`,
    `           aws lambda put-function-recursion-config --function-name ${name} --recursive-loop Allow`,
  ];
}

function uncoveredLines({ cycle, stopped }: StoppedChain): string[] {
  const blind = [...new Set(cycle.map(kindOf))].filter((kind) => !COVERED_KINDS.has(kind));
  return [
    `  why      AWS's loop detection does not see through ${blind.map(titleOf).join(", ")}`,
    "  mend     break the round, or let what goes round say when it has done so often enough",
    ...(stopped
      ? []
      : [
          "           flyball start --stop-uncovered-loops stops such loops here, as Lambda stops its own",
        ]),
  ];
}

const COVERED_KINDS: ReadonlySet<string> = new Set(["lambda", "sqs", "sns", "s3"]);
const TITLES: Readonly<Record<string, string>> = {
  dynamodb: "DynamoDB Streams",
  events: "EventBridge",
  pipes: "EventBridge Pipes",
  scheduler: "EventBridge Scheduler",
  states: "Step Functions",
};

function titleOf(kind: string): string {
  return TITLES[kind] ?? kind;
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
