"""The whole story by boto3: a loop is stopped, seen, allowed and put right."""

import io
import json
import pathlib
import re
import unittest
import zipfile
from datetime import datetime, timedelta, timezone

import boto3
from boto3_tests import CONFIG, client, eventually, main

FUNCTION_NAME = "process-order"
ALARM_NAME = "lambda-recursive-alarm"
RUNS = 16
RECEIVES = 3
# Room for a function on a busy machine; a refused message comes again after as long.
VISIBILITY_TIMEOUT_SECONDS = 2
ALLOWED_RUNS = 40
CODE = pathlib.Path(__file__).parent.parent / "packages/flyball/src/demo/process-order.mjs"


def archive(name, code):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(name, code)
    return file.getvalue()


class Story(unittest.TestCase):
    def setUp(self):
        self.sqs = boto3.resource("sqs", config=CONFIG)
        self.function = client("lambda")
        self.logs = client("logs")
        self.cloudwatch = client("cloudwatch")
        self.addCleanup(self.function.close)

    def build(self):
        """The demo's order system with its configuration error."""
        self.dead_letters = self.sqs.create_queue(QueueName="orders-dlq")
        redrive = {
            "deadLetterTargetArn": self.dead_letters.attributes["QueueArn"],
            "maxReceiveCount": RECEIVES,
        }
        self.orders = self.sqs.create_queue(
            QueueName="orders",
            Attributes={
                "VisibilityTimeout": str(VISIBILITY_TIMEOUT_SECONDS),
                "RedrivePolicy": json.dumps(redrive),
            },
        )
        self.fulfilment = self.sqs.create_queue(QueueName="fulfilment")
        self.alarm_mails = self.sqs.create_queue(QueueName="alarm-mails")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = boto3.resource("iam", config=CONFIG).create_role(
            RoleName=f"{FUNCTION_NAME}-role", AssumeRolePolicyDocument=json.dumps(trust)
        )
        self.function.create_function(
            FunctionName=FUNCTION_NAME,
            Runtime="nodejs22.x",
            Handler="process-order.handler",
            Role=role.arn,
            Timeout=VISIBILITY_TIMEOUT_SECONDS,
            Code={"ZipFile": archive("process-order.mjs", CODE.read_text())},
            Environment={"Variables": {"TARGET_QUEUE_URL": self.orders.url}},
        )
        self.function.get_waiter("function_active_v2").wait(
            FunctionName=FUNCTION_NAME, WaiterConfig={"Delay": 1}
        )
        self.mapping = self.function.create_event_source_mapping(
            FunctionName=FUNCTION_NAME,
            EventSourceArn=self.orders.attributes["QueueArn"],
            BatchSize=1,
        )
        self.topic = boto3.resource("sns", config=CONFIG).create_topic(Name="on-call")
        self.topic.subscribe(Protocol="sqs", Endpoint=self.alarm_mails.attributes["QueueArn"])
        self.cloudwatch.put_metric_alarm(
            AlarmName=ALARM_NAME,
            MetricName="RecursiveInvocationsDropped",
            Namespace="AWS/Lambda",
            Dimensions=[{"Name": "FunctionName", "Value": FUNCTION_NAME}],
            Statistic="Sum",
            Period=60,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            AlarmActions=[self.topic.arn],
        )

    def receive(self, queue):
        [message] = queue.receive_messages(WaitTimeSeconds=20, AttributeNames=["All"])
        message.delete()
        return message

    def runs(self, order):
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{FUNCTION_NAME}", filterPattern=f'"processing {order}"'
        )
        return [event["message"] for page in pages for event in page["events"]]

    def sum(self, metric):
        now = datetime.now(timezone.utc)
        answer = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": FUNCTION_NAME}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in answer["Datapoints"])

    def test_story(self):
        """boto3: a loop is stopped, seen, allowed and put right"""
        self.build()

        self.orders.send_message(MessageBody=json.dumps({"order": "A-1"}))
        letter = self.receive(self.dead_letters)
        self.assertEqual(json.loads(letter.body), {"order": "A-1"})
        self.assertRegex(letter.attributes["AWSTraceHeader"], r"Lineage=16:[0-9a-f]{8}:15")
        self.assertEqual(
            letter.attributes["DeadLetterQueueSourceArn"], self.orders.attributes["QueueArn"]
        )
        lines = self.runs("A-1")
        lineages = [re.search(r"Lineage=(\d+):[0-9a-f]{8}:(\d+)", line) for line in lines]
        self.assertEqual(
            [tuple(map(int, found.groups())) for found in lineages],
            [(index + 1, index) for index in range(RUNS)],
        )

        self.assertEqual(self.sum("Invocations"), RUNS)
        self.assertEqual(self.sum("Errors"), 0)
        self.assertEqual(self.sum("RecursiveInvocationsDropped"), RECEIVES)
        mail = json.loads(self.receive(self.alarm_mails).body)
        self.assertEqual(mail["Subject"], f'ALARM: "{ALARM_NAME}" in US East (N. Virginia)')
        self.assertEqual(json.loads(mail["Message"])["NewStateValue"], "ALARM")
        alarm = boto3.resource("cloudwatch", config=CONFIG).Alarm(ALARM_NAME)
        self.assertEqual(alarm.state_value, "ALARM")
        self.assertEqual(alarm.metric.name, "RecursiveInvocationsDropped")
        mapping = self.function.get_event_source_mapping(UUID=self.mapping["UUID"])
        self.assertEqual(mapping["LastProcessingResult"], "PROBLEM: RecursiveInvocationException")

        self.put("Allow")
        self.orders.send_message(MessageBody=json.dumps({"order": "A-2"}))
        eventually(lambda: len(self.runs("A-2")) >= ALLOWED_RUNS)
        self.assertEqual(self.sum("RecursiveInvocationsDropped"), RECEIVES)

        self.function.update_function_configuration(
            FunctionName=FUNCTION_NAME,
            Environment={"Variables": {"TARGET_QUEUE_URL": self.fulfilment.url}},
        )
        self.assertEqual(json.loads(self.receive(self.fulfilment).body), {"order": "A-2"})
        self.put("Terminate")
        self.orders.send_message(MessageBody=json.dumps({"order": "A-3"}))
        self.assertEqual(json.loads(self.receive(self.fulfilment).body), {"order": "A-3"})
        self.assertEqual(len(eventually(lambda: self.runs("A-3"))), 1)

    def put(self, recursive_loop):
        config = {"FunctionName": FUNCTION_NAME}
        answer = self.function.put_function_recursion_config(**config, RecursiveLoop=recursive_loop)
        self.assertEqual(answer["RecursiveLoop"], recursive_loop)
        answer = self.function.get_function_recursion_config(**config)
        self.assertEqual(answer["RecursiveLoop"], recursive_loop)

    def test_refusals(self):
        """boto3: the recursion configuration's errors are exceptions of Lambda's client"""
        refused = self.function.exceptions
        with self.assertRaises(refused.ResourceNotFoundException) as caught:
            self.function.get_function_recursion_config(FunctionName="no-such")
        answer = caught.exception.response
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 404)
        self.assertEqual(answer["Type"], "User")
        self.assertEqual(
            answer["Error"]["Message"],
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:no-such",
        )
        with self.assertRaises(self.function.exceptions.ClientError) as caught:
            self.function.put_function_recursion_config(
                FunctionName="no-such", RecursiveLoop="Sometimes"
            )
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "ValidationException")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 400)


if __name__ == "__main__":
    main()
