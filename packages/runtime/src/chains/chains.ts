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
import { listHealthEvents, recordTermination } from "./health-event.ts";
import type { Hop } from "./hop.ts";
import { HopRecord } from "./record.ts";
import { cycleOf, listStops, recordStop } from "./stopped-chain.ts";

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
      from: this.#senderOf(caller, root, parent),
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
      from: this.#senderOf(caller, root, incoming.parent),
      to: functionArn,
      action: "lambda:Invoke",
      invocation: { depth: lineage.depth, count: lineage.count },
    };
    if (stop) await this.#refuse(caller, hop, lineage);
    else this.#add(hop);
    return { stopped: stop, traceHeader: formatTraceHeader(header) };
  }

  /** What was stopped, and the Health events that tell of it, the latest first. */
  report() {
    return this.#cloud.store.read((tx) => ({
      loops: listStops(tx),
      healthEvents: listHealthEvents(tx),
    }));
  }

  #add(hop: Hop): void {
    this.#record.add(hop);
    this.#cloud.notices.emit("hop", hop);
  }

  /** A call out of a function comes over HTTP and names none; its span tells which invocation it came from. */
  #senderOf(caller: Caller, root: string, span: string | undefined): string {
    return caller.source ?? this.#record.invokedAs(root, span) ?? caller.principal;
  }

  async #refuse({ account, region }: Caller, hop: Hop, lineage: Lineage): Promise<void> {
    const path = this.#record.pathTo(hop);
    const at = hop.at;
    const functionArn = hop.to;
    const stop = await this.#cloud.store.write((tx) => {
      recordTermination(tx, { account, region, functionArn, at });
      const { depth, count: invocations } = lineage;
      const cycle = cycleOf(path);
      return recordStop(
        tx,
        {
          root: hop.root,
          account,
          region,
          functionArn,
          invocations,
          depth: depth - 1,
          cycle,
          hops: path,
        },
        at,
      );
    });
    const FunctionName = functionArn.slice(functionArn.lastIndexOf(":") + 1);
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
