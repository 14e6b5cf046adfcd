import {
  DeleteAlarmsCommand,
  PutMetricAlarmCommand,
  paginateDescribeAlarms,
} from "@aws-sdk/client-cloudwatch";
import { Ledger } from "./ledger.ts";
import type { Clients, Part } from "./part.ts";
import type { Random } from "./random.ts";

/** Alarms, with the threshold that each has. */
export class Alarms implements Part {
  readonly name = "alarms";
  readonly #alarms = new Ledger("alarm");
  #made = 0;

  get size(): number {
    return this.#alarms.size;
  }

  async step({ cloudwatch }: Clients, random: Random): Promise<void> {
    const existing = random.pick(this.#alarms.present());
    if (existing !== undefined && random.chance(0.3)) {
      await this.#alarms.change([[existing, undefined]], () =>
        cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [existing] })),
      );
      return;
    }
    this.#made += 1;
    const threshold = this.#made;
    const name = existing !== undefined && random.chance(0.5) ? existing : `alarm-${this.#made}`;
    await this.#alarms.change([[name, String(threshold)]], () =>
      cloudwatch.send(
        new PutMetricAlarmCommand({
          AlarmName: name,
          Namespace: "AWS/Lambda",
          MetricName: "RecursiveInvocationsDropped",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: threshold,
          ComparisonOperator: "GreaterThanThreshold",
        }),
      ),
    );
  }

  async check({ cloudwatch: client }: Clients): Promise<void> {
    const found = new Map<string, string>();
    for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, {}))
      for (const { AlarmName = "", Threshold } of MetricAlarms)
        found.set(AlarmName, String(Threshold));
    this.#alarms.check(found);
  }
}
