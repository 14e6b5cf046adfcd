import type { Hop, LoopingChain } from "@flyball/runtime";
import { styled } from "./style.ts";

/** What people call a resource, by the service in its ARN and the beginning of what follows the account. */
const NOUNS: readonly (readonly [service: string, resource: RegExp, noun: string])[] = [
  ["states", /^stateMachine:([^:/]+)/, "state machine"],
  ["events", /^event-bus\/(.+)/, "event bus"],
  ["events", /^rule\/(?:.+\/)?(.+)/, "rule"],
  ["pipes", /^pipe\/(.+)/, "pipe"],
  ["scheduler", /^schedule\/(?:.+\/)?(.+)/, "schedule"],
  ["dynamodb", /^table\/([^/]+)\/stream/, "stream"],
];

/** The part of an ARN that people know a resource by. */
export function nameOf(arn: string): string {
  return known(arn)?.name ?? arn.slice(arn.lastIndexOf(":") + 1);
}

function kindOf(arn: string): string {
  return arn.split(":")[2] ?? "";
}

function known(arn: string): { name: string; noun: string } | undefined {
  const resource = arn.split(":").slice(5).join(":");
  for (const [service, pattern, noun] of NOUNS) {
    const [, name] = (service === kindOf(arn) && pattern.exec(resource)) || [];
    if (name !== undefined) return { name, noun };
  }
  return undefined;
}

/** A resource as a line shows it: its name, and what it is where that is no function. */
export function labelOf(arn: string): string {
  const kind = known(arn)?.noun ?? kindOf(arn);
  return kind === "lambda" || kind === "" ? nameOf(arn) : `${nameOf(arn)} (${kind})`;
}

/** A path, a line for each hop; invocations are numbered from its beginning. */
export function pathLines(hops: readonly Hop[]): string[] {
  let invocations = 0;
  return hops.filter(isBetweenResources).map(({ from, to, invocation }) => {
    if (invocation) invocations = Math.max(invocations + 1, invocation.depth);
    const number = invocation ? String(invocations) : "";
    return `${number.padStart(4)}  ${labelOf(from)} → ${labelOf(to)}`;
  });
}

/** AWS tells of an execution in a service's name: its events come out of the machine, as the next hop says. */
function isBetweenResources({ from, action }: Hop): boolean {
  return !isPassing(action) || from.startsWith("arn:");
}

/** A chain that goes on through a resource, without a call: an event matched a rule, a pipe has read a record. */
function isPassing(action: string): boolean {
  return !action.includes(":");
}

/**
 * Hops as they happen, a line each, without what says nothing new: that a machine which a line has started now runs.
 * A reader keeps one for all its hops.
 */
export class HopLines {
  /** The latest of the hops that were told, of all chains. */
  readonly #told: Hop[] = [];

  /** Undefined where there is nothing to tell. */
  lineOf(hop: Hop): string | undefined {
    if (!isBetweenResources(hop)) return undefined;
    if (isPassing(hop.action)) {
      const called = this.#told.findIndex(
        ({ root, from, to }) => root === hop.root && from === hop.from && to === hop.to,
      );
      if (called >= 0) {
        this.#told.splice(called, 1);
        return undefined;
      }
    } else {
      this.#told.push(hop);
      if (this.#told.length > TOLD_MAX) this.#told.shift();
    }
    const { root, from, to, action, invocation } = hop;
    const parts = [
      `${styled("dim", root.slice(-8))} ${labelOf(from)} → ${labelOf(to)}`,
      ...(isPassing(action) ? [] : [styled("dim", action)]),
      ...(invocation ? [invocationOf(from, invocation.depth)] : []),
    ];
    return `${styled("dim", new Date(hop.at).toISOString().slice(11, 23))} ${parts.join("  ")}`;
  }
}

const TOLD_MAX = 200;

function invocationOf(from: string, depth: number): string {
  const anew = depth === 1 && BLIND[kindOf(from)] !== undefined;
  const where = anew ? ", as AWS counts: its count begins anew here" : " of the chain";
  return `${styled("bold", `invocation ${depth}`)}${styled("dim", where)}`;
}

/**
 * A loop in a few lines: whether it was stopped, through what it goes, how often it came round, what happens to the
 * event, what to do.
 */
export function loopLines(loop: LoopingChain): string[] {
  const name = nameOf(loop.functionArn);
  const cycle = [...loop.cycle, loop.functionArn].map(labelOf).join(" → ");
  return [
    `${headline(loop)}`,
    `  round    ${cycle}`,
    `  chain    ${loop.root}, ${loop.depth} ${loop.covered ? "invocations" : "steps"}, in ${loop.region} of ${loop.account}`,
    ...(loop.covered ? coveredLines(loop, name) : uncoveredLines(loop)),
  ];
}

function headline({ functionArn, invocations, covered, stopped }: LoopingChain): string {
  const name = styled("bold", nameOf(functionArn));
  const often = `${invocations} times in one chain of requests`;
  if (covered)
    return `${styled(["bold", "red"], "loop stopped")}  ${name} had run ${often}; its next invocation was refused`;
  if (stopped)
    return `${styled(["bold", "red"], "loop stopped, which AWS would not do")}  ${name} had come round ${often}`;
  return `${styled(["bold", "red"], "loop that AWS would not stop")}  ${name} has come round ${often}, and goes on`;
}

function coveredLines(loop: LoopingChain, name: string): string[] {
  return [
    `  event    ${fateOf(loop)}`,
    `  mend     let ${name} send elsewhere than to what invokes it; or, if the loop is meant:`,
    `           aws lambda put-function-recursion-config --function-name ${name} --recursive-loop Allow`,
  ];
}

function uncoveredLines({ cycle, stopped }: LoopingChain): string[] {
  const blind = new Set(cycle.flatMap((arn) => BLIND[kindOf(arn)] ?? []));
  const halts = [
    ...cycle.flatMap((arn) => haltOf(arn) ?? []).slice(0, 1),
    "flyball start --stop-uncovered-loops stops such loops here, as Lambda stops its own",
  ];
  return [
    `  why      AWS's loop detection does not see through ${[...blind].join(", ")}`,
    "  mend     let it send elsewhere than to what starts it; or, if the loop is meant, count the rounds in the",
    "           event and end at a number",
    ...(stopped
      ? []
      : halts.map((halt, place) => `  ${place === 0 ? "halt" : "    "}     ${halt}`)),
  ];
}

/** What holds a round up at a resource, at once, here and on AWS; undefined where no one command does. */
function haltOf(arn: string): string | undefined {
  const name = nameOf(arn);
  switch (known(arn)?.noun ?? kindOf(arn)) {
    case "lambda":
      return `aws lambda put-function-concurrency --function-name ${name} --reserved-concurrent-executions 0`;
    case "rule": {
      const [, bus] = /:rule\/(.+)\/[^/]+$/.exec(arn) ?? [];
      return `aws events disable-rule --name ${name}${bus === undefined ? "" : ` --event-bus-name ${bus}`}`;
    }
    case "pipe":
      return `aws pipes stop-pipe --name ${name}`;
    default:
      return undefined;
  }
}

/** The services that AWS's loop detection does not see through, of those that a chain goes on through here. */
const BLIND: Readonly<Record<string, string>> = {
  cloudwatch: "CloudWatch",
  dynamodb: "DynamoDB Streams",
  events: "EventBridge",
  logs: "CloudWatch Logs",
  pipes: "EventBridge Pipes",
  scheduler: "EventBridge Scheduler",
  states: "Step Functions",
};

/** Where the event of the refused invocation goes, by how the function was invoked. */
function fateOf({ hops, cycle }: LoopingChain): string {
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
