"""A tour through CloudWatch Logs by boto3."""

import io
import json
import sys
import time
import unittest
import zipfile

from boto3_tests import client, eventually, main

logs = client("logs")
function = client("lambda")


def stream(group, name="s"):
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=name)
    return {"logGroupName": group, "logStreamName": name}


def now():
    return int(time.time() * 1000)


class Logs(unittest.TestCase):
    def test_pages(self):
        """boto3: events of many streams come in order, page by page"""
        where = stream("/pages", "s0")
        start = now() - 1000
        for index in range(1, 3):
            logs.create_log_stream(logGroupName="/pages", logStreamName=f"s{index}")
        for index in range(30):
            logs.put_log_events(
                **{**where, "logStreamName": f"s{index % 3}"},
                logEvents=[{"timestamp": start + index, "message": str(index)}],
            )
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName="/pages", PaginationConfig={"PageSize": 7}
        )
        events = [event for page in pages for event in page["events"]]
        self.assertEqual([event["message"] for event in events], [str(i) for i in range(30)])
        self.assertEqual(len({event["eventId"] for event in events}), 30)
        streams = logs.get_paginator("describe_log_streams").paginate(
            logGroupName="/pages", orderBy="LastEventTime", descending=True
        )
        names = [s["logStreamName"] for page in streams for s in page["logStreams"]]
        self.assertEqual(names, ["s2", "s1", "s0"])

    def test_tokens(self):
        """boto3: reading forward ends at a token that stays the same"""
        where = stream("/tokens")
        start = now() - 1000
        events = [{"timestamp": start + index, "message": str(index)} for index in range(5)]
        logs.put_log_events(**where, logEvents=events)
        answer = logs.get_log_events(**where, limit=3, startFromHead=True)
        self.assertEqual([event["message"] for event in answer["events"]], ["0", "1", "2"])
        rest = logs.get_log_events(**where, nextToken=answer["nextForwardToken"])
        self.assertEqual([event["message"] for event in rest["events"]], ["3", "4"])
        end = logs.get_log_events(**where, nextToken=rest["nextForwardToken"])
        self.assertEqual(end["events"], [])
        self.assertEqual(end["nextForwardToken"], rest["nextForwardToken"])

    def test_rejected(self):
        """boto3: events that are too old or too new are told, the others taken"""
        where = stream("/rejected")
        day = 86_400_000
        moments = [now() - 15 * day, now(), now() + day]
        events = [{"timestamp": moment, "message": "m"} for moment in moments]
        answer = logs.put_log_events(**where, logEvents=events)
        self.assertEqual(
            answer["rejectedLogEventsInfo"],
            {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2},
        )
        self.assertEqual(len(logs.get_log_events(**where, startFromHead=True)["events"]), 1)
        with self.assertRaises(logs.exceptions.InvalidParameterException):
            logs.put_log_events(**where, logEvents=list(reversed(events)))

    def test_subscription(self):
        """boto3: a subscription filter hands matching events to a function"""
        code = (
            "import base64, gzip, json\n"
            "def handler(event, context):\n"
            "    data = json.loads(gzip.decompress(base64.b64decode(event['awslogs']['data'])))\n"
            "    print('got', json.dumps([data['logGroup'], data['subscriptionFilters'],"
            " [e['message'] for e in data['logEvents']]]))\n"
        )
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as zipped:
            zipped.writestr("app.py", code)
        arn = function.create_function(
            FunctionName="watcher",
            Runtime="python%d.%d" % sys.version_info[:2],
            Handler="app.handler",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": file.getvalue()},
        )["FunctionArn"]
        function.get_waiter("function_active_v2").wait(FunctionName="watcher")
        function.add_permission(
            FunctionName="watcher",
            StatementId="logs",
            Action="lambda:InvokeFunction",
            Principal="logs.amazonaws.com",
        )
        where = stream("/watched")
        logs.put_subscription_filter(
            logGroupName="/watched", filterName="errors", filterPattern="ERROR", destinationArn=arn
        )
        events = [{"timestamp": now(), "message": text} for text in ("fine", "ERROR one")]
        logs.put_log_events(**where, logEvents=events)

        def seen():
            try:
                return logs.filter_log_events(
                    logGroupName="/aws/lambda/watcher", filterPattern='"got"'
                )["events"]
            except logs.exceptions.ResourceNotFoundException:
                return []

        [line] = eventually(seen)
        got = json.loads(line["message"].split("got ", 1)[1])
        self.assertEqual(got, ["/watched", ["errors"], ["ERROR one"]])

    def test_exceptions(self):
        """boto3: errors are the client's exceptions"""
        with self.assertRaises(logs.exceptions.ResourceNotFoundException) as caught:
            logs.get_log_events(logGroupName="/no-such", logStreamName="s")
        self.assertEqual(
            caught.exception.response["Error"]["Message"], "The specified log group does not exist."
        )
        logs.create_log_group(logGroupName="/exists")
        with self.assertRaises(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName="/exists")
        with self.assertRaises(logs.exceptions.InvalidParameterException):
            logs.create_log_group(logGroupName="no spaces")


if __name__ == "__main__":
    main()
