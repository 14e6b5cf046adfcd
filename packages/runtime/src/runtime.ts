import { rm } from "node:fs/promises";
import { join } from "node:path";
import { adminRoutes } from "./admin-routes.ts";
import { VirtualClock } from "./clock/virtual.ts";
import { Cloud } from "./cloud.ts";
import { ServiceError } from "./errors.ts";
import { listen } from "./gateway/gateway.ts";
import { Notices } from "./notices.ts";
import { services } from "./services/index.ts";
import { sessionOf } from "./services/sts/session.ts";

export interface RuntimeOptions {
  /** 4566 by default; 0 is any free port. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** Where the state lies; undefined keeps nothing. */
  readonly dataDirectory?: string;
  /** "system" by default; "virtual" stands still until it is advanced. */
  readonly clock?: "system" | "virtual";
  /** Where a virtual clock starts, in milliseconds since 1970; the system's time by default. */
  readonly startTime?: number;
}

/** A cloud with all its services, listening. */
export interface Runtime {
  readonly endpoint: string;
  readonly port: number;
  /** What the cloud tells, across resets. */
  readonly notices: Notices;
  cloud(): Cloud;
  /** Moves a virtual clock; throws a ServiceError `ClockIsSystem` with the system's. */
  advance(milliseconds: number): Promise<void>;
  /** Forgets everything, as if it were started for the first time. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Rejects with the system's error when the port is taken or the data directory cannot be used. */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { dataDirectory, clock = "system", startTime, port, host } = options;
  const notices = new Notices();
  let cloud: Cloud;
  // Nothing is answered before the cloud is there: it is opened in the same turn in which listening has begun.
  const gateway = await listen({
    cloud: () => cloud,
    sessions: (accessKeyId) => sessionOf(cloud, accessKeyId),
    admin: () => adminRoutes(runtime),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
  });
  const { endpoint } = gateway;
  const openCloud = () =>
    new Cloud({
      services,
      clock,
      notices,
      endpoint,
      ...(dataDirectory === undefined ? {} : { directory: join(dataDirectory, "cloud") }),
      ...(startTime === undefined ? {} : { startTime }),
    });

  const runtime: Runtime = {
    endpoint,
    port: gateway.port,
    notices,
    cloud: () => cloud,
    advance: async (milliseconds) => {
      if (!(cloud.clock instanceof VirtualClock)) throw clockIsSystem();
      await cloud.clock.advance(milliseconds);
    },
    reset: async () => {
      await cloud.stop();
      if (dataDirectory !== undefined)
        await rm(join(dataDirectory, "cloud"), { recursive: true, force: true });
      cloud = openCloud();
    },
    stop: async () => {
      await gateway.close();
      await cloud.stop();
    },
  };
  try {
    cloud = openCloud();
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return runtime;
}

function clockIsSystem(): ServiceError {
  return new ServiceError(
    "ClockIsSystem",
    "Time can be moved only when Flyball was started with a virtual clock (--clock virtual).",
    { httpStatus: 409 },
  );
}
