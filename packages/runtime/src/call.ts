import type { Cloud } from "./cloud.ts";

/** A signal, or how to come by one: few calls wait, and only those pay for being told when to stop. */
export type SignalSource = AbortSignal | (() => AbortSignal);

/** Who calls: the world that the call acts in, and the chain of requests that it belongs to. */
export interface Caller {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
  /** The ARN of who calls, or a service's principal (`sns.amazonaws.com`) when a service calls for itself. */
  readonly principal: string;
  /**
   * The `X-Amzn-Trace-Id` header that came with the call. Onward calls that the call causes carry it too; what is
   * kept for later (a message, an owed delivery) keeps it.
   */
  readonly traceHeader?: string;
  /** The ARN of the resource that the call comes out of (a queue, a topic, a function), when it comes from inside. */
  readonly source?: string;
  /** The ARN of what handed the chain to the source, where that is no function: a rule's bus, a pipe's queue. */
  readonly fedBy?: string;
}

/** What an operation is given beside its input. */
export interface Call {
  readonly cloud: Cloud;
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborts when the caller has gone or the cloud stops: what waits, stops waiting. */
  readonly signal: AbortSignal;
}

/** A call as the door makes it: its signal is made when it is first asked for. */
export class CallUnderWay implements Call {
  readonly cloud: Cloud;
  readonly caller: Caller;
  readonly requestId: string;
  #signal: SignalSource;

  constructor(cloud: Cloud, caller: Caller, requestId: string, signal: SignalSource) {
    this.cloud = cloud;
    this.caller = caller;
    this.requestId = requestId;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    if (typeof this.#signal === "function") this.#signal = this.#signal();
    return this.#signal;
  }
}
