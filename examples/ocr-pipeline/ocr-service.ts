import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, Worker, workerData } from "node:worker_threads";

/** What the service stands, and how long it takes; in its own seconds, of which `scale` pass in a real one. */
export interface OcrTerms {
  /** Documents at a time. */
  readonly inFlightMax: number;
  /** A bucket holds so many starts, and is filled at so many a second: short jitter is forgiven, a higher rate is not. */
  readonly startsPerSecondMax: number;
  /** A document takes something between. */
  readonly workSeconds: readonly [number, number];
  /** Once fallen over, it answers 503 for so long. */
  readonly collapseSeconds: number;
  readonly scale: number;
}

export const OCR_TERMS = {
  inFlightMax: 10,
  startsPerSecondMax: 5,
  workSeconds: [1, 2],
  collapseSeconds: 10,
} as const;

export type OcrEvent = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly document: string;
} & (
  | { readonly type: "started" | "done" | "refused" }
  /** Its work was under way when the service fell over. */
  | { readonly type: "lost" }
  | { readonly type: "collapsed"; readonly why: string }
);

interface Job {
  readonly document: string;
  readonly response: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

/** `POST /<document>` answers 200 with the document's text when that is recognised, or 503. */
class OcrService {
  readonly events: OcrEvent[] = [];
  readonly #terms: OcrTerms;
  readonly #jobs = new Set<Job>();
  #startsInHand: number;
  #filledAt = performance.now();
  #recoversAt = Number.NEGATIVE_INFINITY;
  /** Simple pseudo-random numbers, so that both runs get the same documents. */
  #seed = 1;

  constructor(terms: OcrTerms) {
    this.#terms = terms;
    this.#startsInHand = terms.startsPerSecondMax;
  }

  recognise(document: string, response: ServerResponse): void {
    const now = performance.now();
    this.#fillBucket(now);
    const tooMuch = this.#tooMuch();
    if (now < this.#recoversAt) this.#refuse(document, response);
    else if (tooMuch !== undefined) this.#collapse(document, response, tooMuch);
    else this.#start(document, response);
  }

  /** Why one more document is one too many; undefined where it is not. */
  #tooMuch(): string | undefined {
    const { inFlightMax, startsPerSecondMax } = this.#terms;
    if (this.#jobs.size >= inFlightMax) return `more than ${inFlightMax} at a time`;
    if (this.#startsInHand < 1) return `more than ${startsPerSecondMax} starts a second`;
    return undefined;
  }

  #start(document: string, response: ServerResponse): void {
    this.#startsInHand -= 1;
    this.#note({ type: "started", document });
    const timer = setTimeout(() => {
      this.#jobs.delete(job);
      this.#note({ type: "done", document });
      response.writeHead(200).end(`The text of ${document}`);
    }, this.#workMs());
    const job = { document, response, timer };
    this.#jobs.add(job);
  }

  #fillBucket(now: number): void {
    const { startsPerSecondMax, scale } = this.#terms;
    const filled = ((now - this.#filledAt) / 1000) * scale * startsPerSecondMax;
    this.#startsInHand = Math.min(startsPerSecondMax, this.#startsInHand + filled);
    this.#filledAt = now;
  }

  #refuse(document: string, response: ServerResponse): void {
    this.#note({ type: "refused", document });
    response.writeHead(503).end("overloaded");
  }

  /** Everything that is under way is lost with it. */
  #collapse(document: string, response: ServerResponse, why: string): void {
    const { collapseSeconds, scale } = this.#terms;
    this.#note({ type: "collapsed", document, why });
    this.#recoversAt = performance.now() + (collapseSeconds * 1000) / scale;
    for (const job of this.#jobs) {
      clearTimeout(job.timer);
      this.#note({ type: "lost", document: job.document });
      job.response.writeHead(503).end("overloaded");
    }
    this.#jobs.clear();
    this.#refuse(document, response);
  }

  #workMs(): number {
    this.#seed = (this.#seed * 48_271) % 0x7fffffff;
    const [least, most] = this.#terms.workSeconds;
    const seconds = least + (most - least) * (this.#seed / 0x7fffffff);
    return (seconds * 1000) / this.#terms.scale;
  }

  #note(event: { type: "started" | "done" | "refused" | "lost"; document: string } | Collapse) {
    this.events.push({ at: performance.timeOrigin + performance.now(), ...event });
  }
}

interface Collapse {
  readonly type: "collapsed";
  readonly document: string;
  readonly why: string;
}

/** The service on a thread of its own, so that nothing but its own load makes it slow. */
export interface RunningOcrService extends AsyncDisposable {
  readonly url: string;
  /** What happened so far, in order. */
  history(): Promise<OcrEvent[]>;
}

export async function startOcrService(terms: OcrTerms): Promise<RunningOcrService> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { terms } });
  const [port] = (await once(worker, "message")) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    history: async () => {
      worker.postMessage("history");
      const [events] = (await once(worker, "message")) as [OcrEvent[]];
      return events;
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}

/** Whether this file runs as the thread that `startOcrService` starts: other threads have other data. */
if (parentPort !== null && workerData?.terms !== undefined) {
  const port = parentPort;
  const service = new OcrService(workerData.terms as OcrTerms);
  const server = createServer((request, response) => {
    request.resume();
    service.recognise(decodeURIComponent(request.url?.slice(1) ?? ""), response);
  });
  server.listen(0, "127.0.0.1", () => port.postMessage((server.address() as AddressInfo).port));
  port.on("message", () => port.postMessage(service.events));
}
