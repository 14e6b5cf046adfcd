import { hash, randomBytes } from "node:crypto";
import {
  enter,
  formatTraceHeader,
  type Lineage,
  mostAdvanced,
  parseTraceHeader,
  type RecursiveLoop,
  type TraceHeader,
} from "@flyball/lineage";
import { parseArn } from "../arn.ts";
import type { Caller } from "../call.ts";
import type { Cloud } from "../cloud.ts";
import { ServiceError } from "../errors.ts";
import type { ServiceName } from "../sdk.ts";
import { isUncovered } from "./coverage.ts";
import { listHealthEvents, recordTermination } from "./health-event.ts";
import { HEALTH_EVENT, oweHealthEvent, putHealthEvent } from "./health-event-delivery.ts";
import type { Hop } from "./hop.ts";
import { cycleOf, type LoopingChain, listLoops, recordLoop } from "./looping-chain.ts";
import { HopRecord } from "./record.ts";
import { WholeLineages } from "./whole-lineages.ts";

/** Calls to these can go round without a function, so a chain that comes to them without a header gets one. */
const GO_ROUND_ALONE: ReadonlySet<ServiceName> = new Set(["eventbridge", "sfn"]);

export interface Entered {
  readonly stopped: boolean;
  /** The header that the invocation is given, or that the refused one would have had. */
  readonly traceHeader: string;
}

/**
 * The chains of requests that pass through the cloud. What AWS would stop is judged by the header alone. Beside it
 * each chain is followed through the services that AWS's loop detection does not cover; a loop through one of them is
 * reported as one that AWS would let run, and stopped only if `stopsUncovered`.
 */
export class Chains {
  readonly #cloud: Cloud;
  readonly #record = new HopRecord();
  readonly #wholeLineages = new WholeLineages();
  readonly #stopsUncovered: boolean;

  constructor(cloud: Cloud, { stopsUncovered = false }: { stopsUncovered?: boolean } = {}) {
    this.#cloud = cloud;
    this.#stopsUncovered = stopsUncovered;
    cloud.owed.handle(HEALTH_EVENT, putHealthEvent);
  }

  /** Records that a call handed a chain on to a resource. */
  carried(caller: Caller, resourceArn: string, action: string): void {
    const { root, parent } = parseTraceHeader(caller.traceHeader ?? "");
    if (root === undefined) return;
    this.#add({
      root,
      parent,
      span: parent,
      at: this.#cloud.clock.now(),
      from: this.#senderOf(caller, root, parent),
      to: resourceArn,
      action,
    });
  }

  /**
   * The caller of a call that comes out of a resource: where AWS's loop detection does not cover the resource's
   * service, the header loses its lineage, as on AWS. That the chain came through here is remembered beside it, under
   * a span of its own. Throws `RecursiveInvocationException` where the resource itself came round too often, and such
   * loops are stopped.
   */
  async onward(
    caller: Caller & { readonly source: string },
    service: ServiceName,
  ): Promise<Caller> {
    const { source, traceHeader } = caller;
    if (traceHeader === undefined && !GO_ROUND_ALONE.has(service)) return caller;
    const { lineage, ...incoming } = parseTraceHeader(traceHeader ?? "");
    const root = incoming.root ?? newRoot(this.#cloud.clock.now());
    const span = spanThrough(source, incoming.parent);
    const passed = {
      ...caller,
      traceHeader: formatTraceHeader({ ...incoming, root, parent: span }),
    };
    // A state machine's tasks all come out of it in the one span in which it was started.
    const isKnown = incoming.root !== undefined && this.#wholeLineages.of(span) !== undefined;
    if (isKnown && !this.#stopsUncovered) return passed;
    const before = this.#wholeLineageOf({ ...incoming, lineage });
    const whole = enter(before, { functionArn: source, recursiveLoop: "Terminate" });
    // What was refused once is refused again: a queue gives its pipe the same message until it is a dead letter.
    if (isKnown && !whole.stop) return passed;
    this.#wholeLineages.remember(span, whole.lineage);
    const hop: Hop = {
      root,
      parent: incoming.parent,
      span,
      at: this.#cloud.clock.now(),
      from: caller.fedBy ?? this.#record.beginnerOf(root, incoming.parent) ?? caller.principal,
      to: source,
      action: parseArn(source)?.service ?? source,
    };
    this.#add(hop);
    if (!whole.stop || !(await this.#stopUncovered(caller, hop, whole.lineage))) return passed;
    throw new ServiceError(
      "RecursiveInvocationException",
      `${source} came round ${whole.lineage.count} times in one chain of requests, and Flyball was asked to stop such loops. AWS would not have stopped this one.`,
      { httpStatus: 400 },
    );
  }

  /** Whether an invocation in the chain of this header would be refused. Records nothing. */
  wouldStop(
    traceHeader: string | undefined,
    functionArn: string,
    recursiveLoop: RecursiveLoop,
  ): boolean {
    const header = parseTraceHeader(traceHeader ?? "");
    const invoked = { functionArn, recursiveLoop };
    if (enter(header.lineage, invoked).stop) return true;
    return this.#stopsUncovered && enter(this.#wholeLineageOf(header), invoked).stop;
  }

  /**
   * The header with which a batch out of several chains is invoked: the one nearest to being stopped, since whatever
   * the function sends on is caused by all of them.
   */
  headerOfBatch(
    traceHeaders: readonly (string | undefined)[],
    functionArn: string,
  ): string | undefined {
    const headers = traceHeaders.filter((header) => header !== undefined);
    if (headers.some((header) => parseTraceHeader(header).lineage !== undefined))
      return mostAdvanced(headers, functionArn);
    // None of them says anything that AWS goes by; what they are part of is known beside them.
    const byWhole = new Map(headers.map((header) => [this.#withWholeLineage(header), header]));
    return byWhole.get(mostAdvanced([...byWhole.keys()], functionArn) ?? "");
  }

  /**
   * A function is about to be invoked in the caller's chain: whether it may run, and the header to give it. A
   * refusal is counted in `RecursiveInvocationsDropped`, recorded, and told. `functionArn` is unqualified.
   */
  async enter(caller: Caller, functionArn: string, recursiveLoop: RecursiveLoop): Promise<Entered> {
    const incoming = parseTraceHeader(caller.traceHeader ?? "");
    const invoked = { functionArn, recursiveLoop };
    const { stop, lineage } = enter(incoming.lineage, invoked);
    const whole = enter(this.#wholeLineageOf(incoming), invoked);
    const root = incoming.root ?? newRoot(this.#cloud.clock.now());
    const parent = newSpan();
    this.#wholeLineages.remember(parent, whole.lineage);
    const header: TraceHeader = {
      ...incoming,
      root,
      parent,
      sampled: incoming.sampled ?? "0",
      lineage,
    };
    const hop: Hop = {
      root,
      parent: incoming.parent,
      span: parent,
      at: this.#cloud.clock.now(),
      from: this.#senderOf(caller, root, incoming.parent),
      to: functionArn,
      action: "lambda:Invoke",
      invocation: { depth: lineage.depth, count: lineage.count },
    };
    if (stop) await this.#refuse(caller, hop, lineage);
    else this.#add(hop);
    const stopped = stop || (whole.stop && (await this.#stopUncovered(caller, hop, whole.lineage)));
    return { stopped, traceHeader: formatTraceHeader(header) };
  }

  /** What was stopped, and the Health events that tell of it, the latest first. */
  report() {
    return this.#cloud.store.read((tx) => ({
      loops: listLoops(tx),
      healthEvents: listHealthEvents(tx),
    }));
  }

  #add(hop: Hop): void {
    this.#record.add(hop);
    this.#cloud.notices.emit("hop", hop);
  }

  /** A call out of a function comes over HTTP and names none; its span tells which invocation it came from. */
  #senderOf(caller: Caller, root: string, span: string | undefined): string {
    return caller.source ?? this.#record.beginnerOf(root, span) ?? caller.principal;
  }

  #wholeLineageOf({ parent, lineage }: TraceHeader): Lineage | undefined {
    return this.#wholeLineages.of(parent) ?? lineage;
  }

  #withWholeLineage(traceHeader: string): string {
    const header = parseTraceHeader(traceHeader);
    return formatTraceHeader({ ...header, lineage: this.#wholeLineageOf(header) });
  }

  async #refuse({ account, region }: Caller, hop: Hop, lineage: Lineage): Promise<void> {
    const stop = await this.#cloud.store.write((tx) => {
      const event = recordTermination(tx, { account, region, functionArn: hop.to, at: hop.at });
      if (event) oweHealthEvent(this.#cloud, tx, event);
      const refused = { account, region, covered: true, stopped: true };
      return recordLoop(tx, this.#chainTo(hop, lineage, refused), hop.at);
    });
    const FunctionName = hop.to.slice(hop.to.lastIndexOf(":") + 1);
    // As all of Lambda's metrics: of all functions together, on which the blog's alarm is set, and of the function.
    const ofAllAndOne: Record<string, string>[] = [{}, { FunctionName }];
    for (const dimensions of ofAllAndOne)
      this.#cloud.metrics.emit(
        {
          account,
          region,
          namespace: "AWS/Lambda",
          name: "RecursiveInvocationsDropped",
          dimensions,
          unit: "Count",
        },
        1,
      );
    // That its metric cannot be put makes the refusal no other.
    await this.#cloud.metrics.flush().catch((error) => this.#cloud.notices.emit("defect", error));
    if (stop.drops === 1) this.#cloud.notices.emit("loop", stop);
  }

  /**
   * Reports that a chain came round too often as a whole, while its header says nothing of it; returns whether it is
   * stopped. Neither metric nor Health event: AWS would know nothing of it. Where its last round was through covered
   * services alone, its header will say so soon: the round is AWS's to stop.
   */
  async #stopUncovered(caller: Caller, hop: Hop, lineage: Lineage): Promise<boolean> {
    const { account, region } = caller;
    const found = { account, region, covered: false, stopped: this.#stopsUncovered };
    const chain = this.#chainTo(hop, lineage, found);
    if (!chain.cycle.some(isUncovered)) return false;
    const stop = await this.#cloud.store.write((tx) => recordLoop(tx, chain, hop.at));
    if (stop.drops === 1) this.#cloud.notices.emit("loop", stop);
    return this.#stopsUncovered;
  }

  #chainTo(
    hop: Hop,
    { depth, count }: Lineage,
    found: Pick<LoopingChain, "account" | "region" | "covered" | "stopped">,
  ): Omit<LoopingChain, "firstSeenAt" | "lastSeenAt" | "drops"> {
    const hops = this.#record.pathTo(hop);
    return {
      ...found,
      root: hop.root,
      functionArn: hop.to,
      invocations: count,
      depth: depth - 1,
      cycle: cycleOf(hops),
      hops,
    };
  }
}

function newRoot(now: number): string {
  const seconds = Math.floor(now / 1000)
    .toString(16)
    .padStart(8, "0");
  return `1-${seconds}-${randomBytes(12).toString("hex")}`;
}

function newSpan(): string {
  return randomBytes(8).toString("hex");
}

/** The same for all that comes out of a resource in one span, so that each time round makes one new one. */
function spanThrough(resourceArn: string, span = ""): string {
  return hash("sha1", `${span} ${resourceArn}`).slice(0, 16);
}
