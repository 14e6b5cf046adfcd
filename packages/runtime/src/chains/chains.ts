import { randomBytes } from "node:crypto";
import {
  enter,
  formatTraceHeader,
  type Lineage,
  mostAdvanced,
  parseTraceHeader,
  type RecursiveLoop,
  type TraceHeader,
} from "@flyball/lineage";
import type { Caller } from "../call.ts";
import type { Cloud } from "../cloud.ts";
import type { Hop } from "./hop.ts";
import { HopRecord } from "./record.ts";

/** A chain that was stopped, as `GET /_flyball/loops` shows it. */
export interface StoppedChain {
  readonly root: string;
  readonly account: string;
  readonly region: string;
  /** The function whose next invocation was refused. */
  readonly functionArn: string;
  /** The header's word on it: invocations in the chain, and how often this function had been invoked. */
  readonly depth: number;
  readonly invocations: number;
  readonly firstStoppedAt: number;
  readonly lastStoppedAt: number;
  /** How many invocations were refused: a queue's message is refused at each receive. */
  readonly drops: number;
  /** The path that led here, as far as it is remembered. */
  readonly hops: readonly Hop[];
  /** The ARNs of one round, beginning with the function: what loops, and through what. */
  readonly cycle: readonly string[];
}

export interface Entered {
  readonly stopped: boolean;
  /** The header that the invocation is given, or that the refused one would have had. */
  readonly traceHeader: string;
}

/** The chains of requests that pass through the cloud: judged by the header alone, recorded for people to read. */
export class Chains {
  readonly #cloud: Cloud;
  readonly #record = new HopRecord();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
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
      from: caller.source ?? caller.principal,
      to: resourceArn,
      action,
    });
  }

  /** Whether an invocation in the chain of this header would be refused. Records nothing. */
  wouldStop(
    traceHeader: string | undefined,
    functionArn: string,
    recursiveLoop: RecursiveLoop,
  ): boolean {
    const { lineage } = parseTraceHeader(traceHeader ?? "");
    return enter(lineage, { functionArn, recursiveLoop }).stop;
  }

  /**
   * The header with which a batch out of several chains is invoked: the one nearest to being stopped, since whatever
   * the function sends on is caused by all of them.
   */
  headerOfBatch(
    traceHeaders: readonly (string | undefined)[],
    functionArn: string,
  ): string | undefined {
    return mostAdvanced(
      traceHeaders.filter((header) => header !== undefined),
      functionArn,
    );
  }

  /**
   * A function is about to be invoked in the caller's chain: whether it may run, and the header to give it. A
   * refusal is counted in `RecursiveInvocationsDropped`, recorded, and told. `functionArn` is unqualified.
   */
  async enter(caller: Caller, functionArn: string, recursiveLoop: RecursiveLoop): Promise<Entered> {
    const incoming = parseTraceHeader(caller.traceHeader ?? "");
    const { stop, lineage } = enter(incoming.lineage, { functionArn, recursiveLoop });
    const root = incoming.root ?? newRoot(this.#cloud.clock.now());
    const parent = newSpan();
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
      from: caller.source ?? caller.principal,
      to: functionArn,
      action: "lambda:Invoke",
      invocation: { depth: lineage.depth, count: lineage.count },
    };
    if (stop) await this.#stopped(caller, hop, lineage);
    else this.#add(hop);
    return { stopped: stop, traceHeader: formatTraceHeader(header) };
  }

  #add(hop: Hop): void {
    this.#record.add(hop);
    this.#cloud.notices.emit("hop", hop);
  }

  async #stopped(caller: Caller, hop: Hop, lineage: Lineage): Promise<void> {
    void lineage;
    void caller;
    void hop;
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
