"""A tour through SQS by boto3, whose parser and MD5 checks are strict judges."""

import json
import threading
import time
import unittest

import boto3
from boto3_tests import CONFIG, client, main

sqs = client("sqs")
queues = boto3.resource("sqs", config=CONFIG)


class Queues(unittest.TestCase):
    def test_resource(self):
        """boto3: a queue as a resource sends, receives and deletes"""
        queue = queues.create_queue(QueueName="resource", Attributes={"VisibilityTimeout": "30"})
        self.assertEqual(queue.attributes["VisibilityTimeout"], "30")
        sent = queue.send_message(
            MessageBody="hello",
            MessageAttributes={
                "text": {"DataType": "String", "StringValue": "ä"},
                "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
                "count": {"DataType": "Number", "StringValue": "42"},
            },
        )
        # botocore has checked the MD5 of the body; that of the attributes it leaves to us.
        self.assertRegex(sent["MD5OfMessageAttributes"], "^[0-9a-f]{32}$")
        [message] = queue.receive_messages(MessageAttributeNames=["All"], AttributeNames=["All"])
        self.assertEqual(message.body, "hello")
        self.assertEqual(message.message_id, sent["MessageId"])
        self.assertEqual(message.message_attributes["bytes"]["BinaryValue"], b"\x00\xff")
        self.assertEqual(message.md5_of_message_attributes, sent["MD5OfMessageAttributes"])
        message.change_visibility(VisibilityTimeout=60)
        message.delete()
        queue.reload()
        self.assertEqual(queue.attributes["ApproximateNumberOfMessagesNotVisible"], "0")
        queue.delete()
        self.assertNotIn(queue.url, [other.url for other in queues.queues.all()])

    def test_attribute_filter(self):
        """boto3: attributes come as they are asked for, by name, by prefix and not at all"""
        queue = queues.create_queue(QueueName="filters", Attributes={"VisibilityTimeout": "0"})
        text = {"DataType": "String", "StringValue": "x"}
        queue.send_message(MessageBody="m", MessageAttributes={"a.one": text, "a.two": text, "b": text})

        def names(asked):
            [message] = queue.receive_messages(MessageAttributeNames=asked)
            return sorted(message.message_attributes or {})

        self.assertEqual(names(["a.*"]), ["a.one", "a.two"])
        self.assertEqual(names(["b", "c"]), ["b"])
        self.assertEqual(names([]), [])

    def test_batches(self):
        """boto3: a batch of ten, and what of it fails"""
        queue = queues.create_queue(QueueName="batches")
        entries = [{"Id": str(index), "MessageBody": f"m{index}"} for index in range(10)]
        self.assertEqual(len(queue.send_messages(Entries=entries)["Successful"]), 10)
        received = []
        while len(received) < 10:
            received += queue.receive_messages(MaxNumberOfMessages=10)
        self.assertEqual(sorted(message.body for message in received), [f"m{i}" for i in range(10)])
        gone = [
            {"Id": str(index), "ReceiptHandle": message.receipt_handle}
            for index, message in enumerate(received)
        ]
        self.assertNotIn("Failed", queue.delete_messages(Entries=gone))
        with self.assertRaises(sqs.exceptions.EmptyBatchRequest):
            sqs.send_message_batch(QueueUrl=queue.url, Entries=[])
        with self.assertRaises(sqs.exceptions.TooManyEntriesInBatchRequest) as caught:
            queue.send_messages(Entries=[*entries, {"Id": "10", "MessageBody": "m"}])
        self.assertEqual(
            caught.exception.response["Error"]["Code"],
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        )

    def test_pages(self):
        """boto3: queues are listed page by page"""
        names = [f"page-{index}" for index in range(5)]
        for name in names:
            sqs.create_queue(QueueName=name)
        pages = sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}
        )
        sizes, found = [], []
        for page in pages:
            urls = page.get("QueueUrls", [])
            sizes.append(len(urls))
            found += [url.rsplit("/", 1)[1] for url in urls]
        self.assertEqual(found, names)
        self.assertEqual(max(sizes), 2)

    def test_long_poll(self):
        """boto3: a long poll is woken by a message, and comes back empty without one"""
        queue = queues.create_queue(QueueName="long-poll")
        begun = time.monotonic()
        self.assertEqual(queue.receive_messages(WaitTimeSeconds=1), [])
        self.assertGreaterEqual(time.monotonic() - begun, 0.9)
        timer = threading.Timer(0.3, lambda: queue.send_message(MessageBody="wake up"))
        timer.start()
        begun = time.monotonic()
        [message] = queue.receive_messages(WaitTimeSeconds=20)
        self.assertEqual(message.body, "wake up")
        self.assertLess(time.monotonic() - begun, 5)
        timer.join()

    def test_fifo(self):
        """boto3: groups of a FIFO queue wait for themselves, and for nobody else"""
        queue = queues.create_queue(QueueName="groups.fifo", Attributes={"FifoQueue": "true"})
        for number, group in enumerate(["a", "a", "b"]):
            queue.send_message(
                MessageBody=f"{group}{number}",
                MessageGroupId=group,
                MessageDeduplicationId=str(number),
            )
        [first] = queue.receive_messages(AttributeNames=["All"])
        self.assertEqual(first.body, "a0")
        self.assertEqual(first.attributes["MessageDeduplicationId"], "0")
        self.assertEqual([m.body for m in queue.receive_messages(MaxNumberOfMessages=10)], ["b2"])
        first.delete()
        self.assertEqual([m.body for m in queue.receive_messages(MaxNumberOfMessages=10)], ["a1"])

    def test_exceptions(self):
        """boto3: errors are the client's exceptions, with the codes of the Query protocol"""
        with self.assertRaises(sqs.exceptions.QueueDoesNotExist) as caught:
            queues.get_queue_by_name(QueueName="no-such")
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "AWS.SimpleQueueService.NonExistentQueue")
        self.assertEqual(answer["Error"]["QueryErrorCode"], "QueueDoesNotExist")
        self.assertEqual(answer["Error"]["Message"], "The specified queue does not exist.")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 400)
        with self.assertRaises(sqs.exceptions.InvalidAttributeName):
            sqs.create_queue(QueueName="attributes", Attributes={"Nonsense": "1"})
        url = sqs.create_queue(QueueName="attributes")["QueueUrl"]
        with self.assertRaises(sqs.exceptions.ReceiptHandleIsInvalid):
            sqs.delete_message(QueueUrl=url, ReceiptHandle="nonsense")
        with self.assertRaises(sqs.exceptions.InvalidMessageContents):
            sqs.send_message(QueueUrl=url, MessageBody="\x00")
        with self.assertRaises(sqs.exceptions.ClientError) as caught:
            sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_577)
        self.assertEqual(
            caught.exception.response["Error"]["Message"],
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
        )

    def test_redrive_policy(self):
        """boto3: a dead-letter queue says who may use it"""
        dead = queues.create_queue(
            QueueName="guarded",
            Attributes={"RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})},
        )
        policy = {"deadLetterTargetArn": dead.attributes["QueueArn"], "maxReceiveCount": 2}
        with self.assertRaises(sqs.exceptions.ClientError):
            sqs.create_queue(QueueName="user", Attributes={"RedrivePolicy": json.dumps(policy)})
        dead.set_attributes(
            Attributes={"RedriveAllowPolicy": json.dumps({"redrivePermission": "allowAll"})}
        )
        user = queues.create_queue(
            QueueName="user", Attributes={"RedrivePolicy": json.dumps(policy)}
        )
        self.assertEqual([queue.url for queue in dead.dead_letter_source_queues.all()], [user.url])


if __name__ == "__main__":
    main()
