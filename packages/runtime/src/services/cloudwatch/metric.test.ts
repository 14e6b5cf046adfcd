import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { VirtualClock } from "../../clock/virtual.ts";
import { Cloud } from "../../cloud.ts";
import { isServiceError } from "../../errors.ts";
import { aggregateOf, merged } from "./aggregate.ts";
import { cloudwatch } from "./service.ts";
import { parseStatistic, statisticOf } from "./statistic.ts";

const START = Date.UTC(2026, 10, 22, 4, 20, 30);
const MINUTE = 60_000;
const caller = {
  account: "123456789012",
  region: "us-east-1",
  principal: "arn:aws:iam::123456789012:user/dev",
};
const open = () => new Cloud({ services: [cloudwatch], clock: "virtual", startTime: START });
const put = (cloud: Cloud, datum: object) =>
  cloud.call(caller, "cloudwatch", "PutMetricData", {
    Namespace: "Shop",
    MetricData: [{ MetricName: "Orders", ...datum }],
  });
const statistics = (cloud: Cloud, more: object = {}) =>
  cloud.call(caller, "cloudwatch", "GetMetricStatistics", {
    Namespace: "Shop",
    MetricName: "Orders",
    StartTime: new Date(START - 10 * MINUTE),
    EndTime: new Date(START + 10 * MINUTE),
    Period: 60,
    Statistics: ["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
    ...more,
  });
const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  isServiceError(error, code) && message.test(error.message);

test("values, value lists with counts and statistic sets of one minute add up", async () => {
  await using cloud = open();
  await put(cloud, { Value: 4, Unit: "Count" });
  await put(cloud, { Values: [1, 2], Counts: [3, 1], Unit: "Count" });
  const StatisticValues = { SampleCount: 2, Sum: 20, Minimum: 9, Maximum: 11 };
  await put(cloud, { StatisticValues, Unit: "Count" });
  const { Label, Datapoints } = await statistics(cloud);
  assert.equal(Label, "Orders");
  assert.deepEqual(Datapoints, [
    {
      Timestamp: new Date(START - 30_000),
      SampleCount: 7,
      Sum: 29,
      Average: 29 / 7,
      Minimum: 1,
      Maximum: 11,
      Unit: "Count",
    },
  ]);
});

test("data of different units is apart, unless one is asked for", async () => {
  await using cloud = open();
  await put(cloud, { Value: 1, Unit: "Count" });
  await put(cloud, { Value: 2, Unit: "Seconds" });
  assert.equal((await statistics(cloud)).Datapoints?.length, 2);
  assert.equal((await statistics(cloud, { Unit: "Seconds" })).Datapoints?.[0]?.Sum, 2);
});

test("a metric of another account, Region or set of dimensions is another metric", async () => {
  await using cloud = open();
  const Dimensions = [
    { Name: "Shop", Value: "a" },
    { Name: "Till", Value: "1" },
  ];
  await put(cloud, { Value: 1, Dimensions });
  assert.equal((await statistics(cloud)).Datapoints?.length, 0);
  const turned = await statistics(cloud, { Dimensions: Dimensions.toReversed() });
  assert.equal(turned.Datapoints?.length, 1);
  const { Metrics } = await cloud.call(
    { ...caller, region: "eu-west-1" },
    "cloudwatch",
    "ListMetrics",
    {},
  );
  assert.deepEqual(Metrics, []);
});

test("the namespaces of AWS's services are theirs", async () => {
  await using cloud = open();
  const input = { Namespace: "AWS/Lambda", MetricData: [{ MetricName: "Errors", Value: 1 }] };
  await assert.rejects(
    cloud.call(caller, "cloudwatch", "PutMetricData", input),
    failsWith(
      "InvalidParameterValueException",
      /The value AWS\/ for parameter Namespace is invalid/,
    ),
  );
  const service = { ...caller, principal: "cloudwatch.amazonaws.com" };
  await cloud.call(service, "cloudwatch", "PutMetricData", input);
});

for (const [what, datum, code, message] of [
  ["no value", {}, "InvalidParameterCombinationException", /At least one of the parameters/],
  [
    "two kinds of value",
    { Value: 1, Values: [1] },
    "InvalidParameterCombinationException",
    /mutually exclusive/,
  ],
  [
    "too few counts",
    { Values: [1, 2], Counts: [1] },
    "InvalidParameterValueException",
    /same size/,
  ],
  [
    "151 values",
    { Values: Array(151).fill(1) },
    "InvalidParameterValueException",
    /greater than 150/,
  ],
  ["no number", { Value: Number.NaN }, "InvalidParameterValueException", /NaN/],
  [
    "31 dimensions",
    { Value: 1, Dimensions: Array.from({ length: 31 }, (_, i) => ({ Name: `d${i}`, Value: "v" })) },
    "InvalidParameterValueException",
    /greater than 30/,
  ],
  [
    "a time 15 days ago",
    { Value: 1, Timestamp: new Date(START - 15 * 86_400_000) },
    "InvalidParameterValueException",
    /two weeks/,
  ],
  [
    "a time in three hours",
    { Value: 1, Timestamp: new Date(START + 3 * 3_600_000) },
    "InvalidParameterValueException",
    /two hours/,
  ],
] as const)
  test(`PutMetricData refuses ${what}`, async () => {
    await using cloud = open();
    await assert.rejects(put(cloud, datum), failsWith(code, message));
  });

test("more than 1,440 data points are not asked for at once", async () => {
  await using cloud = open();
  const StartTime = new Date(START - 2 * 86_400_000);
  await assert.rejects(
    statistics(cloud, { StartTime }),
    failsWith("InvalidParameterCombinationException", /exceeds the limit of 1440/),
  );
});

test("percentiles and trimmed means are of the values, and unknown of statistic sets", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  const all = aggregateOf(
    hundred,
    hundred.map(() => 1),
  );
  const of = (name: string, aggregate = all) => {
    const statistic = parseStatistic(name);
    assert.ok(statistic, name);
    return statisticOf(statistic, aggregate);
  };
  assert.equal(of("p99"), 99);
  assert.equal(of("p0"), 1);
  assert.equal(of("p100"), 100);
  assert.equal(of("tm90"), 45.5);
  assert.equal(of("TM(10%:90%)"), 50.5);
  assert.equal(of("IQM"), 50.5);
  assert.equal(of("TC(10:20)"), 10);
  assert.equal(of("TS(98:)"), 199);
  assert.equal(of("PR(:25)"), 25);
  assert.equal(of("WM(1:99)"), 50.49);
  assert.equal(of("p50", { sampleCount: 2, sum: 3, minimum: 1, maximum: 2 }), undefined);
  for (const bad of ["p101", "p", "TM(90%:10%)", "TM(:)", "PR(1%:2%)", "sum", "tm1.12345678901"])
    assert.equal(parseStatistic(bad), undefined, bad);
});

test("merging keeps counts and extremes exact and percentiles within one percent", () => {
  const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), {
    minLength: 1,
    maxLength: 1200,
  });
  fc.assert(
    fc.property(values, (list) => {
      const aggregate = list.map((value) => aggregateOf([value], [1])).reduce(merged);
      const ranked = list.toSorted((a, b) => a - b);
      assert.equal(aggregate.sampleCount, list.length);
      assert.equal(aggregate.minimum, ranked[0]);
      assert.equal(aggregate.maximum, ranked.at(-1));
      const p90 = statisticOf({ kind: "percentile", percent: 90 }, aggregate) ?? 0;
      const exact = ranked[Math.ceil(0.9 * list.length - 1e-9) - 1]!;
      assert.ok(Math.abs(p90 - exact) <= exact * 0.02, `${p90} is not ${exact}`);
    }),
    { numRuns: 20 },
  );
});

test("what grows old is kept more coarsely, and after 455 days no more", async () => {
  await using cloud = open();
  const clock = cloud.clock as VirtualClock;
  await put(cloud, { Value: 1, StorageResolution: 1 });
  await put(cloud, { Value: 2, StorageResolution: 1, Timestamp: new Date(START - 3_000) });
  const bySecond = await statistics(cloud, {
    Period: 1,
    StartTime: new Date(START - MINUTE),
    EndTime: new Date(START + MINUTE),
  });
  assert.equal(bySecond.Datapoints?.length, 2);
  await clock.advance(5 * 3_600_000);
  const later = await statistics(cloud, {
    Period: 1,
    StartTime: new Date(START - MINUTE),
    EndTime: new Date(START + MINUTE),
  });
  assert.equal(later.Datapoints?.length, 0);
  assert.equal((await statistics(cloud)).Datapoints?.[0]?.Sum, 3);
  await clock.advance(16 * 86_400_000);
  assert.equal((await statistics(cloud)).Datapoints?.length, 0);
  assert.equal((await statistics(cloud, { Period: 300 })).Datapoints?.[0]?.Sum, 3);
});

test("ListMetrics filters by name and dimensions, by recency, and in pages", async () => {
  await using cloud = open();
  const clock = cloud.clock as VirtualClock;
  for (let index = 0; index < 600; index += 100)
    await cloud.call(caller, "cloudwatch", "PutMetricData", {
      Namespace: "Many",
      MetricData: Array.from({ length: 100 }, (_, offset) => ({
        MetricName: "M",
        Value: 1,
        Dimensions: [{ Name: "Id", Value: String(index + offset) }],
      })),
    });
  await put(cloud, { Value: 1 });
  const list = (input: object) => cloud.call(caller, "cloudwatch", "ListMetrics", input);
  const first = await list({ Namespace: "Many" });
  assert.equal(first.Metrics?.length, 500);
  const second = await list({ Namespace: "Many", NextToken: first.NextToken });
  assert.equal(second.Metrics?.length, 100);
  assert.equal(second.NextToken, undefined);
  const one = await list({ Dimensions: [{ Name: "Id", Value: "7" }] });
  assert.equal(one.Metrics?.length, 1);
  await clock.advance(4 * 3_600_000);
  assert.equal((await list({ MetricName: "Orders", RecentlyActive: "PT3H" })).Metrics?.length, 0);
  assert.equal((await list({ MetricName: "Orders" })).Metrics?.length, 1);
});

test("GetMetricData answers metrics and expressions, the newest first, in pages", async () => {
  await using cloud = open();
  for (const [back, Value] of [
    [3, 1],
    [2, 2],
    [1, 3],
  ] as const)
    await put(cloud, { Value, Timestamp: new Date(START - back * MINUTE) });
  const MetricStat = {
    Metric: { Namespace: "Shop", MetricName: "Orders" },
    Period: 60,
    Stat: "Sum",
  };
  const query = {
    StartTime: new Date(START - 10 * MINUTE),
    EndTime: new Date(START),
    MetricDataQueries: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how labels are written
      { Id: "e1", Expression: "m1 * 10", Label: "most ${MAX}" },
      { Id: "m1", MetricStat, ReturnData: false },
      { Id: "s1", Expression: "SEARCH('{Shop} MetricName=\"Orders\"', 'Sum', 60)" },
    ],
  };
  const get = (more: object = {}) =>
    cloud.call(caller, "cloudwatch", "GetMetricData", { ...query, ...more });
  const { MetricDataResults } = await get();
  assert.deepEqual(
    MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values]),
    [
      ["e1", "most 30", [30, 20, 10]],
      ["s1", "Orders", [3, 2, 1]],
    ],
  );
  const page = await get({ MaxDatapoints: 4, ScanBy: "TimestampAscending" });
  assert.deepEqual(
    page.MetricDataResults?.map(({ Values }) => Values),
    [[10, 20, 30], [1]],
  );
  assert.equal(page.MetricDataResults?.[1]?.StatusCode, "PartialData");
  const rest = await get({
    MaxDatapoints: 4,
    ScanBy: "TimestampAscending",
    NextToken: page.NextToken,
  });
  assert.deepEqual(
    rest.MetricDataResults?.map(({ Id, Values }) => [Id, Values]),
    [["s1", [2, 3]]],
  );
  assert.equal(rest.NextToken, undefined);
});

for (const [Expression, message] of [
  ["m1 +", /Error in expression 'e1': Invalid syntax/],
  ["AVG(m1)", /scalar/],
  ["m1 + e1", /refers to itself/],
  ["nope", /Unknown identifier 'nope'/],
] as const)
  test(`GetMetricData refuses the expression ${Expression}`, async () => {
    await using cloud = open();
    const MetricStat = {
      Metric: { Namespace: "Shop", MetricName: "Orders" },
      Period: 60,
      Stat: "Sum",
    };
    await assert.rejects(
      cloud.call(caller, "cloudwatch", "GetMetricData", {
        StartTime: new Date(START - MINUTE),
        EndTime: new Date(START),
        MetricDataQueries: [
          { Id: "m1", MetricStat },
          { Id: "e1", Expression },
        ],
      }),
      failsWith("ValidationException", message),
    );
  });

test("dashboards are an account's, in whichever Region", async () => {
  await using cloud = open();
  const DashboardBody = '{"widgets":[]}';
  await cloud.call(caller, "cloudwatch", "PutDashboard", { DashboardName: "main", DashboardBody });
  const elsewhere = { ...caller, region: "eu-west-1" };
  const got = await cloud.call(elsewhere, "cloudwatch", "GetDashboard", { DashboardName: "main" });
  assert.equal(got.DashboardBody, DashboardBody);
  assert.equal(got.DashboardArn, "arn:aws:cloudwatch::123456789012:dashboard/main");
  await cloud.call(caller, "cloudwatch", "DeleteDashboards", { DashboardNames: ["main"] });
  await assert.rejects(
    cloud.call(caller, "cloudwatch", "GetDashboard", { DashboardName: "main" }),
    failsWith("DashboardNotFoundError", /main/),
  );
});
