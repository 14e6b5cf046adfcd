import type { CreateScheduleInput, Target } from "@aws-sdk/client-scheduler";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { type AnyServiceDefinition, defineService } from "../../service.ts";
import {
  countingCloudWatch,
  type Received as ReceivedByTarget,
  receivingServices,
} from "../../targets/testing.ts";
import { scheduler } from "./service.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-central-1";
export const CALLER: Caller = {
  account: ACCOUNT,
  region: REGION,
  principal: `arn:aws:iam::${ACCOUNT}:user/tester`,
};
/** Thu, 15 Jan 2026. */
export const START = Date.UTC(2026, 0, 15, 12);
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/scheduler`;
export const QUEUE = arnOf("sqs", "jobs");

export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

/** What a target was sent. */
export interface Received extends ReceivedByTarget {
  /** When, in milliseconds since the start. */
  readonly at: number;
}

/**
 * A cloud of Scheduler alone, in virtual time. What its schedules call only remembers what it was sent, or fails as it
 * is told to.
 */
export class TestCloud {
  readonly cloud: Cloud;
  /** By the target's ARN. */
  readonly sent = new Map<string, Received[]>();
  readonly metrics = new Map<string, number>();
  /** Thrown at each call of a target (by its ARN), as long as it is there. */
  readonly failures = new Map<string, Error>();
  readonly defects: unknown[] = [];
  readonly #origin: number;

  constructor({
    directory,
    startTime = START,
    services = [],
    stopUncoveredLoops = false,
  }: {
    directory?: string;
    startTime?: number;
    services?: readonly AnyServiceDefinition[];
    stopUncoveredLoops?: boolean;
  } = {}) {
    this.#origin = startTime;
    const names = new Set<string>(services.map(({ name }) => name));
    this.cloud = new Cloud({
      services: [...this.#targets().filter(({ name }) => !names.has(name)), ...services, scheduler],
      clock: "virtual",
      startTime,
      stopUncoveredLoops,
      ...(directory === undefined ? {} : { directory }),
    });
    this.cloud.notices.on("defect", (defect) => this.defects.push(defect));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.stop();
  }

  /** Lets what is under way happen, and time pass. */
  advance(milliseconds = 0): Promise<void> {
    return (this.cloud.clock as VirtualClock).advance(milliseconds);
  }

  /** A schedule `nightly` that sends to a queue, but for what is given. */
  async schedule(
    ScheduleExpression: string,
    {
      target,
      caller = CALLER,
      ...more
    }: Partial<Omit<CreateScheduleInput, "Target">> & {
      target?: Partial<Target>;
      caller?: Caller;
    } = {},
  ): Promise<string> {
    const { ScheduleArn } = await this.cloud.call(
      caller,
      "scheduler",
      "CreateSchedule",
      inputOf(ScheduleExpression, { ...more, ...(target && { target }) }),
    );
    return ScheduleArn ?? "";
  }

  received(arn = QUEUE): Received[] {
    return this.sent.get(arn) ?? [];
  }

  /** When a target was called, in seconds since the start. */
  seconds(arn = QUEUE): number[] {
    return this.received(arn).map(({ at }) => at / 1_000);
  }

  /** The sum of a metric of the whole Region, or of a group (`ScheduleGroup=default`). */
  async metric(name: string, dimensions = ""): Promise<number> {
    await this.cloud.metrics.flush();
    return this.metrics.get(`${name} ${dimensions}`) ?? 0;
  }

  #take(arn: string, received: Omit<Received, "at">): void {
    const failure = this.failures.get(arn);
    const sent = this.sent.get(arn) ?? [];
    sent.push({ ...received, at: this.cloud.clock.now() - this.#origin });
    this.sent.set(arn, sent);
    if (failure) throw failure;
  }

  #targets(): AnyServiceDefinition[] {
    const take = (arn: string, received: ReceivedByTarget) => this.#take(arn, received);
    const eventbridge = defineService({
      name: "eventbridge",
      operations: {
        PutEvents: async ({ caller }, { Entries = [] }) => {
          for (const { EventBusName = "", ...entry } of Entries)
            take(EventBusName, { caller, body: JSON.stringify(entry) });
          return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: "e" })) };
        },
      },
    });
    return [countingCloudWatch(this.metrics), ...receivingServices(take), eventbridge];
  }
}

/** What CreateSchedule and UpdateSchedule are asked, for a schedule `nightly` that sends to a queue. */
export function inputOf(
  ScheduleExpression: string,
  {
    target,
    ...more
  }: Partial<Omit<CreateScheduleInput, "Target">> & { target?: Partial<Target> } = {},
): CreateScheduleInput {
  return {
    Name: "nightly",
    ScheduleExpression,
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: QUEUE, RoleArn: ROLE, Input: "go", ...target },
    ...more,
  };
}
