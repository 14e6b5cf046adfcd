import { rm } from "node:fs/promises";
import { join } from "node:path";
import { adminRoutes } from "./admin-routes.ts";
import { VirtualClock } from "./clock/virtual.ts";
import { Cloud } from "./cloud.ts";
import { claimDataDirectory } from "./data-directory.ts";
import { ServiceError } from "./errors.ts";
import { listen } from "./gateway/gateway.ts";
import { Notices } from "./notices.ts";
import { services } from "./services/index.ts";
import { readMockConfiguration } from "./services/sfn/task/mock/configuration.ts";
import { mocksOf } from "./services/sfn/task/mock/mocks.ts";
import { sessionOf } from "./services/sts/session.ts";
import { sweepEphemeralDirectories } from "./store/ephemeral-directory.ts";

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
  /** Stops loops through services that AWS's loop detection does not cover, too. */
  readonly stopUncoveredLoops?: boolean;
  /** A file with test cases of state machines, in the format of AWS's Step Functions Local. */
  readonly sfnMockConfig?: string;
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

/**
 * Rejects with the system's error when the port is taken, and with one that names the data directory when that
 * cannot be used or is in use, or the mock configuration when that cannot be used.
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  if (options.sfnMockConfig !== undefined) readMockConfiguration(options.sfnMockConfig);
  const claim =
    options.dataDirectory === undefined ? undefined : claimDataDirectory(options.dataDirectory);
  try {
    const runtime = await startClaimed(options, () => claim?.release());
    claim?.announce(runtime.endpoint);
    return runtime;
  } catch (error) {
    claim?.release();
    throw error;
  }
}

async function startClaimed(options: RuntimeOptions, release: () => void): Promise<Runtime> {
  const { dataDirectory, clock = "system", startTime, stopUncoveredLoops = false } = options;
  const { port, host, sfnMockConfig } = options;
  const directory = dataDirectory === undefined ? undefined : join(dataDirectory, "cloud");
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
  const openCloud = () => {
    try {
      const opened = new Cloud({
        services,
        clock,
        notices,
        endpoint,
        stopUncoveredLoops,
        ...(directory === undefined ? {} : { directory }),
        ...(startTime === undefined ? {} : { startTime }),
      });
      if (sfnMockConfig !== undefined) mocksOf(opened).use(sfnMockConfig);
      return opened;
    } catch (error) {
      const where = directory ?? "a temporary directory";
      throw new Error(`Cannot open the state in ${where}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  // What cannot be swept now is in nobody's way.
  const swept = sweepEphemeralDirectories().catch(() => {});
  let resetting: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;

  const reset = async () => {
    if (stopping) throw isStopping();
    await cloud.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    cloud = openCloud();
  };
  const stop = async () => {
    await gateway.close();
    await resetting;
    await cloud.stop();
    await swept;
    release();
  };
  const runtime: Runtime = {
    endpoint,
    port: gateway.port,
    notices,
    cloud: () => cloud,
    advance: async (milliseconds) => {
      if (!(cloud.clock instanceof VirtualClock)) throw clockIsSystem();
      await cloud.clock.advance(milliseconds);
    },
    reset: () => {
      // One after the other: two clouds on one directory would destroy it.
      const done = resetting.then(reset);
      resetting = done.catch(() => {});
      return done;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
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

function isStopping(): ServiceError {
  return new ServiceError("ServiceUnavailable", "Flyball is stopping.", { httpStatus: 503 });
}

function clockIsSystem(): ServiceError {
  return new ServiceError(
    "ClockIsSystem",
    "Time can be moved only when Flyball was started with a virtual clock (--clock virtual).",
    { httpStatus: 409 },
  );
}
