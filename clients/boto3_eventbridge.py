"""A tour through EventBridge, Scheduler and Pipes by boto3."""

import json
import unittest
from datetime import datetime, timedelta, timezone

from boto3_functions import create
from boto3_tests import client, eventually, main

events = client("events")
scheduler = client("scheduler")
pipes = client("pipes")
sqs = client("sqs")
states = client("stepfunctions")
ROLE = "arn:aws:iam::000000000000:role/events"


def queue_made(name, **attributes):
    """A queue's URL and ARN."""
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:000000000000:{name}"


def bodies(url, count):
    """The bodies of so many messages, as they come."""
    found = []
    while len(found) < count:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        if "Messages" not in answer:
            raise AssertionError(f"{len(found)} of {count} messages came: {found}")
        for message in answer["Messages"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
    return found


def rule(name, pattern, *targets, bus="default"):
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    listed = [
        {"Id": str(place), **target} for place, target in enumerate(targets)
    ]
    answer = events.put_targets(Rule=name, EventBusName=bus, Targets=listed)
    if answer["FailedEntryCount"]:
        raise AssertionError(answer["FailedEntries"])


def put(source, detail, detail_type="order", **fields):
    answer = events.put_events(
        Entries=[
            {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), **fields}
        ]
    )
    if answer["FailedEntryCount"]:
        raise AssertionError(answer["Entries"])
    return answer["Entries"][0]["EventId"]


class Rules(unittest.TestCase):
    def test_targets(self):
        """boto3: an event reaches a queue, a function and a state machine, each in its form"""
        url, arn = queue_made("targets")
        template, template_arn = queue_made("templates")
        function = create(
            "take",
            "import boto3\n"
            "def handler(event, context):\n"
            f"    boto3.client('sqs').send_message(QueueUrl={url!r},"
            " MessageBody='function ' + event['detail']['id'])\n",
            Timeout=30,
        )
        client("lambda").add_permission(
            FunctionName="take",
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )
        send = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": url, "MessageBody.$": "States.Format('machine {}', $.id)"},
            "End": True,
        }
        machine = states.create_state_machine(
            name="taker",
            roleArn=ROLE,
            definition=json.dumps({"StartAt": "Send", "States": {"Send": send}}),
        )["stateMachineArn"]
        rule(
            "targets",
            {"source": ["shop"], "detail": {"price": [{"numeric": [">", 100]}]}},
            {"Arn": arn, "InputPath": "$.detail.id"},
            {"Arn": function},
            {"Arn": machine, "RoleArn": ROLE, "InputPath": "$.detail"},
            {
                "Arn": template_arn,
                "InputTransformer": {
                    "InputPathsMap": {"id": "$.detail.id", "all": "$.detail"},
                    "InputTemplate": '{"order": "<id>", "detail": <all>, "rule": "<aws.events.rule-name>"}',
                },
            },
        )
        put("shop", {"id": "cheap", "price": 1})
        put("other", {"id": "foreign", "price": 1000})
        put("shop", {"id": "A-1", "price": 1000})
        self.assertEqual(sorted(bodies(url, 3)), ['"A-1"', "function A-1", "machine A-1"])
        self.assertEqual(
            json.loads(bodies(template, 1)[0]),
            {"order": "A-1", "detail": {"id": "A-1", "price": 1000}, "rule": "targets"},
        )

    def test_bus(self):
        """boto3: a bus of one's own hands on to another, and a target that is gone leaves a dead letter"""
        url, arn = queue_made("handed")
        dead, dead_arn = queue_made("dead")
        source = events.create_event_bus(Name="source")["EventBusArn"]
        sink = events.create_event_bus(Name="sink")["EventBusArn"]
        self.assertTrue(source.endswith(":event-bus/source"))
        rule("on", {"source": ["shop"]}, {"Arn": sink, "RoleArn": ROLE}, bus="source")
        rule(
            "there",
            {"account": ["000000000000"]},
            {"Arn": arn},
            {
                "Arn": "arn:aws:sqs:us-east-1:000000000000:gone",
                "DeadLetterConfig": {"Arn": dead_arn},
            },
            bus="sink",
        )
        event_id = put("shop", {"n": 1}, EventBusName="source", Resources=["arn:of:it"])
        [body] = bodies(url, 1)
        event = json.loads(body)
        self.assertEqual((event["source"], event["detail"]), ("shop", {"n": 1}))
        self.assertEqual((event["id"], event["resources"]), (event_id, ["arn:of:it"]))
        [letter] = sqs.receive_message(
            QueueUrl=dead, WaitTimeSeconds=20, MessageAttributeNames=["All"]
        )["Messages"]
        attributes = letter["MessageAttributes"]
        self.assertTrue(attributes["RULE_ARN"]["StringValue"].endswith(":rule/sink/there"))
        self.assertIn("ERROR_CODE", attributes)
        with self.assertRaises(events.exceptions.ClientError) as caught:
            events.delete_rule(Name="there", EventBusName="sink")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationException")

    def test_archive(self):
        """boto3: what an archive keeps is replayed to the rules"""
        url, arn = queue_made("replayed")
        bus = events.create_event_bus(Name="kept")["EventBusArn"]
        archive = events.create_archive(
            ArchiveName="orders", EventSourceArn=bus, EventPattern='{"detail":{"n":[1,2]}}'
        )["ArchiveArn"]
        for n in range(4):
            put("shop", {"n": n}, EventBusName="kept")
        eventually(lambda: events.describe_archive(ArchiveName="orders")["EventCount"] == 2)
        rule("late", {"source": ["shop"]}, {"Arn": arn}, bus="kept")
        now = events.describe_archive(ArchiveName="orders")["CreationTime"]
        events.start_replay(
            ReplayName="again",
            EventSourceArn=archive,
            EventStartTime=now.timestamp() - 60,
            EventEndTime=now.timestamp() + 60,
            Destination={"Arn": bus},
        )
        replayed = [json.loads(body) for body in bodies(url, 2)]
        self.assertEqual(sorted(event["detail"]["n"] for event in replayed), [1, 2])
        self.assertEqual({event["replay-name"] for event in replayed}, {"again"})
        eventually(lambda: events.describe_replay(ReplayName="again")["State"] == "COMPLETED")
        with self.assertRaises(events.exceptions.ResourceAlreadyExistsException):
            events.create_archive(ArchiveName="orders", EventSourceArn=bus)

    def test_pattern(self):
        """boto3: a pattern is tried without a rule"""
        event = {
            "id": "1",
            "detail-type": "order",
            "source": "shop",
            "account": "000000000000",
            "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": {"name": "Teapot", "ip": "10.0.0.7", "tags": ["a", "b"]},
        }
        cases = [
            ({"detail": {"name": [{"prefix": {"equals-ignore-case": "tea"}}]}}, True),
            ({"detail": {"name": [{"wildcard": "T*p*t"}]}}, True),
            ({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
            ({"detail": {"tags": [{"anything-but": ["a", "b"]}]}}, False),
            ({"$or": [{"source": ["none"]}, {"detail": {"gone": [{"exists": False}]}}]}, True),
        ]
        for pattern, matches in cases:
            answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
            self.assertEqual(answer["Result"], matches, pattern)
        with self.assertRaises(events.exceptions.InvalidEventPatternException):
            events.test_event_pattern(EventPattern='{"source": "shop"}', Event=json.dumps(event))

    def test_pages_and_exceptions(self):
        """boto3: rules are listed by prefix and by target; refusals are the client's exceptions"""
        _, arn = queue_made("listed")
        for place in range(3):
            rule(f"listed-{place}", {"source": [str(place)]}, {"Arn": arn})
        pages = events.get_paginator("list_rules").paginate(
            NamePrefix="listed-", PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([len(page["Rules"]) for page in pages], [2, 1])
        names = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
        self.assertEqual(sorted(names), ["listed-0", "listed-1", "listed-2"])
        events.disable_rule(Name="listed-0")
        self.assertEqual(events.describe_rule(Name="listed-0")["State"], "DISABLED")
        with self.assertRaises(events.exceptions.ResourceNotFoundException):
            events.describe_rule(Name="none")
        with self.assertRaises(events.exceptions.InvalidEventPatternException):
            events.put_rule(Name="bad", EventPattern="{")
        with self.assertRaises(events.exceptions.ResourceNotFoundException):
            events.put_targets(Rule="none", Targets=[{"Id": "1", "Arn": arn}])
        with self.assertRaises(events.exceptions.ClientError) as caught:
            events.put_rule(Name="bad", ScheduleExpression="rate(1 minutes)")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationException")
        answer = events.put_events(Entries=[{"Source": "aws.own", "DetailType": "t", "Detail": "{}"}])
        self.assertEqual(answer["Entries"][0]["ErrorCode"], "NotAuthorizedForSourceException")


class Schedules(unittest.TestCase):
    def test_schedule(self):
        """boto3: a schedule is made, found, changed and deleted, in its group"""
        _, arn = queue_made("scheduled")
        scheduler.create_schedule_group(Name="nightly")
        target = {"Arn": arn, "RoleArn": ROLE, "Input": "now"}
        settings = {
            "Name": "sweep",
            "GroupName": "nightly",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        }
        made = scheduler.create_schedule(
            ScheduleExpression="cron(0 3 * * ? *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            **settings,
        )["ScheduleArn"]
        self.assertTrue(made.endswith(":schedule/nightly/sweep"))
        scheduler.update_schedule(ScheduleExpression="rate(1 hour)", State="DISABLED", **settings)
        kept = scheduler.get_schedule(Name="sweep", GroupName="nightly")
        self.assertEqual((kept["ScheduleExpression"], kept["State"]), ("rate(1 hour)", "DISABLED"))
        self.assertEqual(kept["ScheduleExpressionTimezone"], "UTC")
        [listed] = scheduler.list_schedules(GroupName="nightly")["Schedules"]
        self.assertEqual(listed["Target"], {"Arn": arn})
        with self.assertRaises(scheduler.exceptions.ConflictException):
            scheduler.create_schedule(ScheduleExpression="rate(1 hour)", **settings)
        with self.assertRaises(scheduler.exceptions.ValidationException):
            scheduler.create_schedule(**{**settings, "Name": "bad"}, ScheduleExpression="daily")
        scheduler.delete_schedule(Name="sweep", GroupName="nightly")
        with self.assertRaises(scheduler.exceptions.ResourceNotFoundException):
            scheduler.get_schedule(Name="sweep", GroupName="nightly")

    def test_at(self):
        """boto3: a one-time schedule calls an action of a service when its time comes, and is gone"""
        url, _ = queue_made("once")
        soon = datetime.now(timezone.utc) + timedelta(seconds=2)
        scheduler.create_schedule(
            Name="once",
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            ActionAfterCompletion="DELETE",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                "RoleArn": ROLE,
                "Input": json.dumps({"QueueUrl": url, "MessageBody": "<aws.scheduler.schedule-arn>"}),
            },
        )
        self.assertEqual(
            bodies(url, 1),
            ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/once"],
        )

        def gone():
            return not scheduler.list_schedules(NamePrefix="once")["Schedules"]

        eventually(gone)


class Pipes(unittest.TestCase):
    def running(self, name, **settings):
        pipes.create_pipe(Name=name, RoleArn=ROLE, **settings)
        eventually(lambda: pipes.describe_pipe(Name=name)["CurrentState"] == "RUNNING")

    def test_queue(self):
        """boto3: a pipe filters a queue's messages, enriches them with a function, and shapes them"""
        source, source_arn = queue_made("pipe-source")
        target, target_arn = queue_made("pipe-target")
        enrich = create(
            "enrich",
            "def handler(events, context):\n"
            "    return [{'id': event['id'], 'price': 7} for event in events]\n",
        )
        self.running(
            "orders",
            Source=source_arn,
            SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": '{"body":{"good":[true]}}'}]}},
            Enrichment=enrich,
            EnrichmentParameters={"InputTemplate": '{"id": <$.body.id>}'},
            Target=target_arn,
            TargetParameters={"InputTemplate": '{"order": <$.id>, "price": <$.price>, "pipe": "<aws.pipes.pipe-name>"}'},
        )
        for id, good in ((1, False), (2, True)):
            sqs.send_message(QueueUrl=source, MessageBody=json.dumps({"id": id, "good": good}))
        [body] = bodies(target, 1)
        self.assertEqual(json.loads(body), {"order": 2, "price": 7, "pipe": "orders"})
        pipes.stop_pipe(Name="orders")
        eventually(lambda: pipes.describe_pipe(Name="orders")["CurrentState"] == "STOPPED")
        self.assertEqual([pipe["Name"] for pipe in pipes.list_pipes(NamePrefix="ord")["Pipes"]], ["orders"])
        pipes.delete_pipe(Name="orders")

        def gone():
            try:
                pipes.describe_pipe(Name="orders")
            except pipes.exceptions.NotFoundException:
                return True

        eventually(gone)

    def test_stream(self):
        """boto3: a pipe takes a table's stream to a bus"""
        dynamodb = client("dynamodb")
        stream = dynamodb.create_table(
            TableName="orders",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]["LatestStreamArn"]
        dynamodb.get_waiter("table_exists").wait(TableName="orders", WaiterConfig={"Delay": 1})
        url, arn = queue_made("changes-of-orders")
        rule("changes-of-orders", {"source": ["orders.table"]}, {"Arn": arn})
        self.running(
            "changes",
            Source=stream,
            SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
            Target="arn:aws:events:us-east-1:000000000000:event-bus/default",
            TargetParameters={
                "EventBridgeEventBusParameters": {"Source": "orders.table", "DetailType": "change"}
            },
        )
        dynamodb.put_item(TableName="orders", Item={"id": {"S": "a"}})
        [body] = bodies(url, 1)
        event = json.loads(body)
        self.assertEqual(event["detail-type"], "change")
        self.assertEqual(event["detail"]["eventName"], "INSERT")
        self.assertEqual(event["detail"]["dynamodb"]["NewImage"], {"id": {"S": "a"}})

    def test_exceptions(self):
        """boto3: refusals of Pipes are the client's exceptions"""
        with self.assertRaises(pipes.exceptions.NotFoundException):
            pipes.describe_pipe(Name="none")
        (_, source), (_, target) = queue_made("twice-source"), queue_made("twice-target")
        settings = {"Name": "twice", "RoleArn": ROLE, "Source": source, "Target": target}
        pipes.create_pipe(**settings, DesiredState="STOPPED")
        with self.assertRaises(pipes.exceptions.ConflictException):
            pipes.create_pipe(**settings)


if __name__ == "__main__":
    main()
