import type { DynamoDBSender } from "../table.ts";
import type { AnyCommand, EngineTables } from "./engine-table.ts";
import { type Machine, type VirtualTime, WORLD_BEGAN } from "./virtual-time.ts";

/** The shares (0 to 1) of requests to which something happens. */
export interface Faults {
  readonly throttled?: number;
  /** The request never arrives; the client sees a timeout. */
  readonly requestLost?: number;
  /** The request is carried out; the client sees a timeout. */
  readonly answerLost?: number;
  /** The SDK sends it again after the first, carried out, got no answer: the client sees the second answer. */
  readonly sentAgain?: number;
  /** The answer comes, but seconds later. */
  readonly slow?: number;
  /** A copy arrives much later, when the client is elsewhere. */
  readonly late?: number;
  /** Round trips take from 1 up to so many ms. */
  readonly latencyMsMax?: number;
}

interface Answered {
  readonly output: object;
  readonly response: { readonly headers: { readonly date: string } };
}

const TIMEOUT_MS = 400;
/** The SDK tries again after its timeout, and now and then only after several: longer than any lease of these tests. */
const SENT_AGAIN_MS_MAX = 5_000;
const OFTEN_AGAIN = 0.25;
export const SLOW_MS_MAX = 3_000;
/** What the SDK waited for in vain, so that it tries again. */
const NO_ANSWER = Symbol();
const LATE_MS_MAX = 20_000;

/** Between a machine and the tables: delays, losses, copies; and `Date` headers by the server's clock. */
export class Network {
  readonly #world: VirtualTime;
  readonly #tables: EngineTables;
  readonly #random: () => number;
  readonly #faults: Faults;
  /** Called after each request that was carried out. */
  observe: () => void = () => {};
  /** Nothing goes wrong any more. */
  calm = false;

  constructor(world: VirtualTime, tables: EngineTables, random: () => number, faults: Faults = {}) {
    this.#world = world;
    this.#tables = tables;
    this.#random = random;
    this.#faults = faults;
  }

  /** What a semaphore on that machine takes for a `DynamoDBClient`. */
  clientOf(machine: Machine): DynamoDBSender {
    const send = (command: AnyCommand) => this.#send(command, machine);
    // The overloads of `send` say which output belongs to which command; here one function serves them all.
    return { send } as DynamoDBSender;
  }

  /** Through the command's own middleware, as the SDK does, once for each of its attempts. */
  async #send(command: AnyCommand, machine: Machine): Promise<object> {
    // A command's stack is typed by its own input and output; what passes through here is the same for all.
    const { middlewareStack } = command as unknown as {
      readonly middlewareStack: {
        resolve(
          handler: () => Promise<Answered>,
          context: object,
        ): (args: object) => Promise<Answered>;
      };
    };
    const attempt = middlewareStack.resolve(() => this.#travel(command, machine), {});
    while (true) {
      try {
        return (await attempt({ input: command.input })).output;
      } catch (error) {
        if (error !== NO_ANSWER) throw error;
      }
    }
  }

  #travel(command: AnyCommand, machine: Machine): Promise<Answered> {
    const there = this.#latency();
    const {
      throttled = 0,
      requestLost = 0,
      answerLost = 0,
      sentAgain = 0,
      late = 0,
      slow = 0,
    } = this.#faults;
    const back = this.#happens(slow) ? this.#random() * SLOW_MS_MAX : this.#latency();
    return new Promise((resolve, reject) => {
      const answer = (after: number, done: () => void) => machine.at(this.#world.now + after, done);
      const timeOut = () => answer(TIMEOUT_MS, () => reject(timeout()));
      const arrive = (after: number, heard: boolean) =>
        this.#world.at(this.#world.now + after, () => {
          const answered = this.#carryOut(command);
          if (machine.isCutOff) timeOut();
          else if (heard)
            answer(back, () => ("error" in answered ? reject(answered.error) : resolve(answered)));
        });
      if (machine.isCutOff) return timeOut();
      if (this.#happens(throttled)) return answer(there + back, () => reject(throttling()));
      if (this.#happens(requestLost)) return timeOut();
      if (this.#happens(late)) arrive(this.#random() * LATE_MS_MAX, false);
      if (this.#happens(answerLost)) {
        arrive(there, false);
        return timeOut();
      }
      if (this.#happens(sentAgain)) {
        arrive(there, false);
        const againMsMax = this.#happens(OFTEN_AGAIN) ? SENT_AGAIN_MS_MAX : TIMEOUT_MS;
        return answer(this.#random() * againMsMax, () => reject(NO_ANSWER));
      }
      return arrive(there, true);
    });
  }

  #carryOut(command: AnyCommand): Answered | { readonly error: unknown } {
    const date = new Date(WORLD_BEGAN + this.#world.now).toUTCString();
    try {
      return { output: this.#tables.run(command), response: { headers: { date } } };
    } catch (error) {
      return { error };
    } finally {
      this.observe();
    }
  }

  #happens(share: number): boolean {
    return share > 0 && !this.calm && this.#random() < share;
  }

  #latency(): number {
    const { latencyMsMax = 4 } = this.#faults;
    return (1 + this.#random() * (latencyMsMax - 1)) / 2;
  }
}

function throttling(): Error {
  return Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
}

function timeout(): Error {
  return Object.assign(new Error("no answer"), { name: "TimeoutError" });
}
