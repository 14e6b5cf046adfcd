import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricAlarmRecord, TreatMissingData } from "./alarm.ts";
import { judge, type Point } from "./evaluation.ts";
import { stateReason } from "./reason.ts";

/** An alarm that a value above 0 breaches. */
function alarm(changes: Partial<MetricAlarmRecord>): MetricAlarmRecord {
  return {
    kind: "metric",
    name: "a",
    arn: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",
    actionsEnabled: true,
    okActions: [],
    alarmActions: [],
    insufficientDataActions: [],
    configuredAt: 0,
    state: { value: "OK", reason: "", updatedAt: 0, transitionedAt: 0 },
    watched: {
      kind: "metric",
      identity: { namespace: "N", name: "M", dimensions: [] },
      statistic: "Sum",
      period: 60,
    },
    evaluationPeriods: 3,
    threshold: 0,
    comparison: "GreaterThanThreshold",
    ...changes,
  };
}

/** `0 - X`: the oldest first; 0 is within the threshold, X breaches, - is missing. */
function points(text: string): (Point | undefined)[] {
  const marks = text.split(" ").reverse();
  return marks.map((mark, back) =>
    mark === "-" ? undefined : { start: 1_000_020 - back * 60, value: mark === "X" ? 1 : 0 },
  );
}

const TREATMENTS: TreatMissingData[] = ["missing", "ignore", "breaching", "notBreaching"];

// CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data": the rows of both tables, for
// missing, ignore, breaching and notBreaching. The last rows of each are of the guide's first edition.
const TABLES: [number, string, string][] = [
  [3, "0 - X - X", "OK OK OK OK"],
  [3, "0 - - - -", "OK OK OK OK"],
  [3, "- - - - -", "INSUFFICIENT_DATA retain ALARM OK"],
  [3, "0 X X - X", "ALARM ALARM ALARM ALARM"],
  [3, "- - X - -", "ALARM retain ALARM OK"],
  [3, "- - - - X", "INSUFFICIENT_DATA retain ALARM OK"],
  [3, "X - - - -", "ALARM retain ALARM OK"],
  [2, "0 - X - X", "ALARM ALARM ALARM ALARM"],
  [2, "0 0 X 0 X", "ALARM ALARM ALARM ALARM"],
  [2, "0 - X - -", "OK OK ALARM OK"],
  [2, "- - - - 0", "OK OK ALARM OK"],
  [2, "- - - X -", "ALARM retain ALARM OK"],
  [2, "- - - - X", "INSUFFICIENT_DATA retain ALARM OK"],
];

for (const [datapointsToAlarm, data, expected] of TABLES)
  test(`${data} with ${datapointsToAlarm} out of 3 comes to ${expected}`, () => {
    const states = TREATMENTS.map(
      (treatMissingData) =>
        judge(alarm({ datapointsToAlarm, treatMissingData }), points(data)).state,
    );
    assert.equal(states.join(" "), expected);
  });

test("metrics of DynamoDB's are ignored when missing, unless the alarm says otherwise", () => {
  const identity = { namespace: "AWS/DynamoDB", name: "M", dimensions: [] };
  const watched = { kind: "metric", identity, statistic: "Sum", period: 60 } as const;
  assert.equal(judge(alarm({ watched }), points("- - - - -")).state, "retain");
  const missing = alarm({ watched, treatMissingData: "missing" });
  assert.equal(judge(missing, points("- - - - -")).state, "INSUFFICIENT_DATA");
});

function reason(of: MetricAlarmRecord, data: string): string {
  const verdict = judge(of, points(data));
  assert.notEqual(verdict.state, "retain");
  return stateReason(of, verdict.state as "OK", verdict);
}

test("reasons are in AWS's words", () => {
  const one = { evaluationPeriods: 1, threshold: 0.5 };
  assert.equal(
    reason(alarm(one), "- - X"),
    "Threshold Crossed: 1 datapoint [1.0 (12/01/70 13:47:00)] was greater than the threshold (0.5).",
  );
  assert.equal(
    reason(alarm({ ...one, datapointsToAlarm: 1 }), "- - X"),
    "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (12/01/70 13:47:00)] was greater than the threshold (0.5) (minimum 1 datapoint for OK -> ALARM transition).",
  );
  assert.equal(
    reason(alarm(one), "X X 0"),
    "Threshold Crossed: 1 datapoint [0.0 (12/01/70 13:47:00)] was not greater than the threshold (0.5).",
  );
  assert.equal(
    reason(alarm({ ...one, treatMissingData: "notBreaching" }), "- - -"),
    "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
  );
  assert.equal(
    reason(alarm({ treatMissingData: "breaching" }), "- - - - X"),
    "Threshold Crossed: 1 datapoint [1.0 (12/01/70 13:47:00)] was greater than the threshold (0.0) and 2 missing datapoints were treated as [Breaching].",
  );
  assert.equal(
    reason(alarm({ evaluationPeriods: 5 }), "- - - - - - -"),
    "Insufficient Data: 5 datapoints were unknown.",
  );
});
