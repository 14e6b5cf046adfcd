import { VirtualClock } from "./clock/virtual.ts";
import { ServiceError } from "./errors.ts";
import { readFaults } from "./faults/fault.ts";
import type { AdminAnswer, AdminRequest, AdminRoutes } from "./gateway/admin.ts";
import type { Runtime } from "./runtime.ts";
import { archiveAt } from "./services/lambda/code.ts";
import { signingCertificatePem } from "./services/sns/signature.ts";

/** What the runtime answers under `/_flyball`: its own doors, beside AWS's. */
export function adminRoutes(runtime: Runtime): AdminRoutes {
  return {
    "GET /health": () => ({ json: health(runtime) }),
    "POST /reset": async () => {
      await runtime.reset();
      return { json: health(runtime) };
    },
    "GET /clock": () => ({ json: timeOf(runtime) }),
    "POST /clock": async ({ body }) => {
      await advance(runtime, body);
      return { json: timeOf(runtime) };
    },
    "GET /faults": () => ({ json: { faults: runtime.cloud().faults.list() } }),
    "PUT /faults": async ({ body }) => {
      await setFaults(runtime, body);
      return { json: { faults: runtime.cloud().faults.list() } };
    },
    "DELETE /faults": async () => {
      await runtime.cloud().faults.replace([]);
      return { json: { faults: [] } };
    },
    "GET /loops": (request) => loops(runtime, request),
    "GET /lambda/code": async ({ query }) => ({
      text: await archiveAt(runtime.cloud(), query.get("sha256") ?? ""),
      contentType: "application/zip",
    }),
    "GET /sns/SimpleNotificationService-*": async () => ({
      text: await signingCertificatePem(runtime.cloud()),
      contentType: "application/x-pem-file",
    }),
  };
}

/** How far time moves in one request: as long as AWS keeps anything, which is ten years. */
const ADVANCE_SECONDS_MAX = 3_660 * 86_400;
/** How many lines wait for a reader. */
const FOLLOWED_LINES_MAX = 10_000;

function health(runtime: Runtime) {
  const cloud = runtime.cloud();
  const { loops } = cloud.chains.report();
  const stopped = loops.filter((loop) => loop.stopped).length;
  return {
    status: "ready",
    endpoint: runtime.endpoint,
    services: cloud.serviceNames(),
    clock: cloud.clock instanceof VirtualClock ? "virtual" : "system",
    time: new Date(cloud.clock.now()).toISOString(),
    stoppedLoops: stopped,
    /** Those that AWS would let run, and that nobody stopped. */
    runningLoops: loops.length - stopped,
  };
}

function timeOf(runtime: Runtime) {
  return { time: new Date(runtime.cloud().clock.now()).toISOString() };
}

async function advance(runtime: Runtime, body: unknown): Promise<void> {
  const seconds = (body as { advanceSeconds?: unknown } | undefined)?.advanceSeconds;
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= ADVANCE_SECONDS_MAX))
    throw new ServiceError(
      "BadRequest",
      `Say how far, in seconds up to ${ADVANCE_SECONDS_MAX} (ten years): {"advanceSeconds": 900}.`,
      { httpStatus: 400 },
    );
  await runtime.advance(seconds * 1000);
}

/** Takes a list, or an object that has it as `faults`: what `GET` answered can be put back. */
async function setFaults(runtime: Runtime, body: unknown): Promise<void> {
  const cloud = runtime.cloud();
  const given = (body as { faults?: unknown } | undefined)?.faults ?? body;
  try {
    await cloud.faults.replace(readFaults(given, cloud.serviceNames()));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ServiceError("BadRequest", error.message, { httpStatus: 400 });
  }
}

/** Every loop with its hops; with `?follow`, a line for each hop and each loop from now on. */
function loops(runtime: Runtime, { query, signal }: AdminRequest): AdminAnswer {
  if (!query.has("follow")) return { json: runtime.cloud().chains.report() };
  return { lines: follow(runtime, signal) };
}

async function* follow(runtime: Runtime, signal: AbortSignal): AsyncGenerator<unknown> {
  const lines: unknown[] = [];
  let wake = () => {};
  const push = (line: unknown) => {
    // Of a reader who cannot keep up, the newest is dropped: it is a feed to look at, and the stops are kept.
    if (lines.length < FOLLOWED_LINES_MAX) lines.push(line);
    wake();
  };
  const onHop = (hop: unknown) => push({ hop });
  const onLoop = (loop: unknown) => push({ loop });
  runtime.notices.on("hop", onHop).on("loop", onLoop);
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      while (lines.length > 0) yield lines.shift();
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (lines.length > 0 || signal.aborted) resolve();
      });
    }
  } finally {
    runtime.notices.off("hop", onHop).off("loop", onLoop);
  }
}
