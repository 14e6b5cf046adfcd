"""A tour through Lambda by boto3, with functions in Python that call the cloud by boto3 themselves."""

import base64
import json
import unittest

from boto3_functions import create
from boto3_tests import client, eventually, main

function = client("lambda")
sqs = client("sqs")


def invoke(name, event=None, **settings):
    answer = function.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
    text = answer["Payload"].read()
    return answer, json.loads(text) if text else None


class Functions(unittest.TestCase):
    def test_invoke(self):
        """boto3: a Python function answers, and its log comes along"""
        create("echo", "def handler(event, context):\n    print('got', event['n'])\n    return event\n")
        answer, value = invoke("echo", {"n": [1, 2.5, None, "ä"]}, LogType="Tail")
        self.assertEqual(value, {"n": [1, 2.5, None, "ä"]})
        self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
        self.assertIn("got [1, 2.5, None, 'ä']", base64.b64decode(answer["LogResult"]).decode())
        answer, value = invoke("echo", {"n": 1}, InvocationType="DryRun")
        self.assertEqual((answer["StatusCode"], value), (204, None))

    def test_errors(self):
        """boto3: a function's error comes in AWS's form"""
        create(
            "broken",
            "class OrderMissing(Exception):\n    pass\n\n"
            "def handler(event, context):\n    raise OrderMissing('A-1')\n",
        )
        answer, value = invoke("broken")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(value["errorType"], "OrderMissing")
        self.assertEqual(value["errorMessage"], "A-1")
        self.assertIn("in handler", value["stackTrace"][0])
        create("slow", "import time\ndef handler(event, context):\n    time.sleep(30)\n", Timeout=1)
        answer, value = invoke("slow")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertRegex(value["errorMessage"], r"Task timed out after 1\.00 seconds$")

    def test_onward_calls(self):
        """boto3: a function's own boto3 acts in the function's account and Region"""
        create(
            "identity",
            "import boto3\n"
            "def handler(event, context):\n"
            "    identity = boto3.client('sts').get_caller_identity()\n"
            "    return [identity['Account'], boto3.session.Session().region_name]\n",
            Timeout=30,
        )
        self.assertEqual(invoke("identity")[1], ["000000000000", "us-east-1"])

    def test_destination(self):
        """boto3: what an asynchronous invoke came to goes to its destination"""
        create("twice", "def handler(event, context):\n    return 2 * event\n")
        url = sqs.create_queue(QueueName="succeeded")["QueueUrl"]
        function.put_function_event_invoke_config(
            FunctionName="twice",
            DestinationConfig={
                "OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:succeeded"}
            },
        )
        answer, _ = invoke("twice", 21, InvocationType="Event")
        self.assertEqual(answer["StatusCode"], 202)
        [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        record = json.loads(message["Body"])
        self.assertEqual(record["version"], "1.0")
        self.assertEqual(record["requestContext"]["condition"], "Success")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 1)
        self.assertEqual((record["requestPayload"], record["responsePayload"]), (21, 42))
        self.assertEqual(
            record["requestContext"]["requestId"], answer["ResponseMetadata"]["RequestId"]
        )

    def test_partial_batch(self):
        """boto3: of a batch only what the function names comes again"""
        create(
            "partial",
            "def handler(event, context):\n"
            "    bad = [r['messageId'] for r in event['Records'] if r['body'] == 'bad']\n"
            "    return {'batchItemFailures': [{'itemIdentifier': id} for id in bad]}\n",
        )
        dead = sqs.create_queue(QueueName="partial-dead")["QueueUrl"]
        redrive = {
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:partial-dead",
            "maxReceiveCount": 1,
        }
        url = sqs.create_queue(
            QueueName="partial",
            Attributes={"VisibilityTimeout": "3", "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]
        entries = [{"Id": body, "MessageBody": body} for body in ("good", "bad", "fine")]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        function.create_event_source_mapping(
            FunctionName="partial",
            EventSourceArn="arn:aws:sqs:us-east-1:000000000000:partial",
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        [message] = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20)["Messages"]
        self.assertEqual(message["Body"], "bad")

        def left():
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            return answer["Attributes"]

        eventually(lambda: set(left().values()) == {"0"})

    def test_pages(self):
        """boto3: functions, versions and aliases are listed page by page"""
        create("paged", "def handler(event, context):\n    return 1\n")
        for number in range(3):
            function.update_function_configuration(FunctionName="paged", Description=str(number))
            function.get_waiter("function_updated_v2").wait(FunctionName="paged")
            version = function.publish_version(FunctionName="paged")["Version"]
            function.create_alias(FunctionName="paged", Name=f"a{number}", FunctionVersion=version)
        pages = function.get_paginator("list_versions_by_function").paginate(
            FunctionName="paged", PaginationConfig={"PageSize": 2}
        )
        versions = [[version["Version"] for version in page["Versions"]] for page in pages]
        self.assertEqual(versions, [["$LATEST", "1"], ["2", "3"]])
        pages = function.get_paginator("list_aliases").paginate(
            FunctionName="paged", FunctionVersion="2"
        )
        self.assertEqual([a["Name"] for page in pages for a in page["Aliases"]], ["a1"])

    def test_exceptions(self):
        """boto3: errors are the client's exceptions"""
        exceptions = function.exceptions
        with self.assertRaises(exceptions.ResourceNotFoundException):
            invoke("no-such")
        create("strict", "def handler(event, context):\n    return 1\n")
        with self.assertRaises(exceptions.InvalidRequestContentException) as caught:
            function.invoke(FunctionName="strict", Payload="{not json")
        self.assertIn("Could not parse request body into json", str(caught.exception))
        # Lambda's code for this is not the one of its model.
        with self.assertRaises(exceptions.ClientError) as caught:
            function.invoke(FunctionName="strict", Payload=json.dumps("x" * 6_291_456))
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "RequestEntityTooLargeException")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 413)
        function.put_function_concurrency(FunctionName="strict", ReservedConcurrentExecutions=0)
        with self.assertRaises(exceptions.TooManyRequestsException) as caught:
            invoke("strict")
        answer = caught.exception.response
        self.assertEqual(answer["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 429)


if __name__ == "__main__":
    main()
