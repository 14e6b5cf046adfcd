import type { PutEventsRequestEntry, Target } from "@aws-sdk/client-eventbridge";
import type { Caller } from "../../call.ts";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { type AnyServiceDefinition, defineService } from "../../service.ts";
import { countingCloudWatch, type Received, receivingServices } from "../../targets/testing.ts";
import { eventbridge } from "./service.ts";

export const ACCOUNT = "123456789012";
export const REGION = "eu-central-1";
export const CALLER: Caller = {
  account: ACCOUNT,
  region: REGION,
  principal: `arn:aws:iam::${ACCOUNT}:user/tester`,
};
/** Thu, 15 Jan 2026. */
export const START = Date.UTC(2026, 0, 15, 12);

export function arnOf(service: string, resource: string, world: Partial<Caller> = {}): string {
  const { account = ACCOUNT, region = REGION } = world;
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/**
 * A cloud of EventBridge alone, in virtual time. What its rules deliver to only remembers what it was sent, or fails
 * as it is told to.
 */
export class TestCloud {
  readonly cloud: Cloud;
  /** By the target's ARN. */
  readonly sent = new Map<string, Received[]>();
  readonly metrics = new Map<string, number>();
  /** Thrown at each delivery to a target (by its ARN), as long as it is there. */
  readonly failures = new Map<string, Error>();
  readonly defects: unknown[] = [];
  /** When each delivery was tried, in milliseconds since the start. */
  readonly triedAt: number[] = [];

  constructor({
    directory,
    startTime = START,
    stopUncoveredLoops = false,
  }: {
    directory?: string;
    startTime?: number;
    stopUncoveredLoops?: boolean;
  } = {}) {
    this.cloud = new Cloud({
      services: [...this.#targets(), eventbridge],
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

  /** A rule with targets; the pattern as an object. */
  async rule(
    name: string,
    pattern: unknown,
    targets: readonly (Partial<Target> & { readonly Arn: string })[],
    { bus, caller = CALLER }: { bus?: string; caller?: Caller } = {},
  ): Promise<string> {
    const onBus = bus === undefined ? {} : { EventBusName: bus };
    const { RuleArn = "" } = await this.cloud.call(caller, "eventbridge", "PutRule", {
      Name: name,
      EventPattern: JSON.stringify(pattern),
      ...onBus,
    });
    await this.targets(name, targets, onBus, caller);
    return RuleArn;
  }

  async targets(
    rule: string,
    targets: readonly (Partial<Target> & { readonly Arn: string })[],
    onBus: { EventBusName?: string } = {},
    caller = CALLER,
  ): Promise<void> {
    if (targets.length === 0) return;
    await this.cloud.call(caller, "eventbridge", "PutTargets", {
      Rule: rule,
      Targets: targets.map((target, index) => ({ Id: `t${index}`, ...target })),
      ...onBus,
    });
  }

  /** Puts one event, whose detail is given as an object. */
  put(
    detail: unknown,
    entry: Partial<PutEventsRequestEntry> = {},
    caller: Caller = CALLER,
  ): Promise<{ FailedEntryCount?: number | undefined; Entries?: unknown }> {
    const Detail = JSON.stringify(detail);
    const whole = { Source: "shop", DetailType: "order", Detail, ...entry };
    return this.cloud.call(caller, "eventbridge", "PutEvents", { Entries: [whole] });
  }

  async received(arn: string): Promise<Received[]> {
    await this.advance();
    return this.sent.get(arn) ?? [];
  }

  /** What a target was sent, parsed. */
  async events(arn: string): Promise<Record<string, unknown>[]> {
    return (await this.received(arn)).map(({ body }) => JSON.parse(body));
  }

  /** The sum of a metric of the whole Region, or of a rule (`RuleName=orders`). */
  async metric(name: string, dimensions = ""): Promise<number> {
    await this.cloud.metrics.flush();
    return this.metrics.get(`${name} ${dimensions}`) ?? 0;
  }

  #take(arn: string, received: Received): void {
    this.triedAt.push(this.cloud.clock.now() - START);
    const failure = this.failures.get(arn);
    if (failure) throw failure;
    const sent = this.sent.get(arn) ?? [];
    sent.push(received);
    this.sent.set(arn, sent);
  }

  #targets(): AnyServiceDefinition[] {
    const take = (arn: string, received: Received) => this.#take(arn, received);
    const logs = defineService({
      name: "logs",
      operations: {
        CreateLogStream: async () => ({}),
        PutLogEvents: async ({ caller }, { logGroupName = "", logEvents = [] }) => {
          const arn = arnOf("logs", `log-group:${logGroupName}`, caller);
          for (const event of logEvents) take(arn, { caller, body: JSON.stringify(event) });
          return {};
        },
      },
    });
    return [countingCloudWatch(this.metrics), ...receivingServices(take), logs];
  }
}
