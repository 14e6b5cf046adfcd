"""A tour through CloudWatch by boto3, over the protocol that it chooses."""

import json
import unittest
from datetime import datetime, timedelta, timezone

import boto3
from boto3_tests import CONFIG, client, eventually, main

cloudwatch = client("cloudwatch")


def span():
    now = datetime.now(timezone.utc)
    return {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(minutes=1)}


class Metrics(unittest.TestCase):
    def test_resource(self):
        """boto3: a metric as a resource takes data and gives statistics"""
        metric = boto3.resource("cloudwatch", config=CONFIG).Metric("Shop", "Latency")
        metric.put_data(
            MetricData=[
                {"MetricName": "Latency", "Values": [float(n) for n in range(1, 101)], "Unit": "Seconds"}
            ]
        )
        [point] = metric.get_statistics(
            **span(), Period=7200, Statistics=["Average", "SampleCount"], Unit="Seconds"
        )["Datapoints"]
        self.assertEqual((point["Average"], point["SampleCount"]), (50.5, 100.0))
        self.assertIsInstance(point["Timestamp"], datetime)
        self.assertIsNotNone(point["Timestamp"].tzinfo)
        [point] = metric.get_statistics(**span(), Period=7200, ExtendedStatistics=["p90", "tm50"])[
            "Datapoints"
        ]
        self.assertAlmostEqual(point["ExtendedStatistics"]["p90"], 90, delta=1)
        self.assertEqual(point["Unit"], "Seconds")

    def test_pages(self):
        """boto3: metrics are listed page by page, five hundred on each"""
        names = [f"m{index}" for index in range(501)]
        data = [{"MetricName": name, "Value": 1.0} for name in names]
        cloudwatch.put_metric_data(Namespace="Pages", MetricData=data)
        pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="Pages")
        sizes = [len(page["Metrics"]) for page in pages]
        self.assertEqual(sizes, [500, 1])

    def test_metric_data(self):
        """boto3: metric data by minutes, with math over it"""
        now = datetime.now(timezone.utc).replace(second=0, microsecond=0)
        data = [
            {"MetricName": "Visits", "Value": float(n), "Timestamp": now - timedelta(minutes=n)}
            for n in (1, 2, 3)
        ]
        cloudwatch.put_metric_data(Namespace="Site", MetricData=data)
        metric = {"Namespace": "Site", "MetricName": "Visits"}
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            **span(),
            ScanBy="TimestampAscending",
            MetricDataQueries=[
                {"Id": "v", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
                {"Id": "total", "Expression": "RUNNING_SUM(v)"},
                {"Id": "filled", "Expression": "MAX(METRICS())"},
            ],
        )
        results = {r["Id"]: r["Values"] for page in pages for r in page["MetricDataResults"]}
        self.assertEqual(results["v"], [3.0, 2.0, 1.0])
        self.assertEqual(results["total"], [3.0, 5.0, 6.0])

    def test_alarm(self):
        """boto3: an alarm as a resource changes its state, and its history tells"""
        metric = boto3.resource("cloudwatch", config=CONFIG).Metric("Shop", "Errors")
        alarm = metric.put_alarm(
            AlarmName="errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        self.assertEqual(alarm.threshold, 1.0)
        metric.put_data(MetricData=[{"MetricName": "Errors", "Value": 1}])

        def state():
            alarm.reload()
            return alarm.state_value == "ALARM"

        eventually(state)
        data = json.loads(alarm.state_reason_data)
        self.assertEqual((data["version"], data["threshold"]), ("1.0", 1.0))
        items = alarm.describe_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        self.assertEqual(json.loads(items[0]["HistoryData"])["newState"]["stateValue"], "ALARM")
        alarm.set_state(StateValue="OK", StateReason="by hand")
        alarm.delete()
        self.assertEqual(cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"], [])

    def test_exceptions(self):
        """boto3: errors are the client's exceptions"""
        exceptions = cloudwatch.exceptions
        with self.assertRaises(exceptions.ResourceNotFound):
            cloudwatch.set_alarm_state(AlarmName="no-such", StateValue="OK", StateReason="r")
        with self.assertRaises(exceptions.InvalidParameterCombinationException):
            cloudwatch.put_metric_data(
                Namespace="Shop",
                MetricData=[{"MetricName": "m", "Value": 1, "Values": [1.0]}],
            )
        with self.assertRaises(exceptions.DashboardInvalidInputError):
            cloudwatch.put_dashboard(DashboardName="d", DashboardBody="{")


if __name__ == "__main__":
    main()
