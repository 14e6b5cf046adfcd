"""A tour through SNS by boto3."""

import json
import unittest

import boto3
from boto3_tests import CONFIG, client, main

sns = client("sns")
queues = boto3.resource("sqs", config=CONFIG)
topics = boto3.resource("sns", config=CONFIG)


def subscribed(topic, name, **attributes):
    """A queue that gets what the topic is told."""
    queue = queues.create_queue(QueueName=name)
    topic.subscribe(
        Protocol="sqs", Endpoint=queue.attributes["QueueArn"], Attributes=attributes or {}
    )
    return queue


class Topics(unittest.TestCase):
    def test_resource(self):
        """boto3: a topic as a resource publishes to its subscriptions"""
        topic = topics.create_topic(Name="resource", Tags=[{"Key": "team", "Value": "press"}])
        self.assertEqual(topic.attributes["DisplayName"], "")
        queue = subscribed(topic, "resource")
        [subscription] = topic.subscriptions.all()
        self.assertEqual(subscription.attributes["Protocol"], "sqs")
        sent = topic.publish(
            Message="hello",
            MessageAttributes={"bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
        )
        [message] = queue.receive_messages(WaitTimeSeconds=20)
        document = json.loads(message.body)
        self.assertEqual(document["Message"], "hello")
        self.assertEqual(document["MessageId"], sent["MessageId"])
        self.assertEqual(document["MessageAttributes"]["bytes"], {"Type": "Binary", "Value": "AP8="})
        subscription.delete()
        self.assertEqual(list(topic.subscriptions.all()), [])
        topic.delete()
        self.assertNotIn(topic.arn, [other.arn for other in topics.topics.all()])

    def test_structure(self):
        """boto3: each protocol gets its own text of a structured message"""
        topic = topics.create_topic(Name="structure")
        queue = subscribed(topic, "structure", RawMessageDelivery="true")
        topic.publish(
            MessageStructure="json", Message=json.dumps({"default": "for all", "sqs": "for queues"})
        )
        [message] = queue.receive_messages(WaitTimeSeconds=20)
        self.assertEqual(message.body, "for queues")
        with self.assertRaises(sns.exceptions.InvalidParameterException) as caught:
            topic.publish(MessageStructure="json", Message=json.dumps({"sqs": "for queues"}))
        self.assertEqual(
            caught.exception.response["Error"]["Message"],
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        )

    def test_body_filter(self):
        """boto3: a filter policy can look into the message itself"""
        topic = topics.create_topic(Name="filter")
        queue = subscribed(
            topic,
            "filter",
            RawMessageDelivery="true",
            FilterPolicyScope="MessageBody",
            FilterPolicy=json.dumps({"store": [{"prefix": "north-"}], "detail": {"paid": [True]}}),
        )
        for store, paid in [("north-1", False), ("south-1", True), ("north-2", True)]:
            topic.publish(Message=json.dumps({"store": store, "detail": {"paid": paid}}))
        [message] = queue.receive_messages(WaitTimeSeconds=20, MaxNumberOfMessages=10)
        self.assertEqual(json.loads(message.body)["store"], "north-2")
        self.assertEqual(queue.receive_messages(), [])

    def test_pages(self):
        """boto3: subscriptions are listed page by page, a hundred on each"""
        topic = topics.create_topic(Name="pages")
        queue_arn = "arn:aws:sqs:us-east-1:000000000000:page-"
        for index in range(101):
            sns.subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=f"{queue_arn}{index}")
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic.arn)
        self.assertEqual([len(page["Subscriptions"]) for page in pages], [100, 1])

    def test_batch(self):
        """boto3: of a batch each message has an id of its own"""
        topic = topics.create_topic(Name="batch")
        entries = [{"Id": str(index), "Message": f"m{index}"} for index in range(10)]
        answer = sns.publish_batch(TopicArn=topic.arn, PublishBatchRequestEntries=entries)
        self.assertEqual(len({entry["MessageId"] for entry in answer["Successful"]}), 10)
        self.assertEqual(answer.get("Failed", []), [])
        with self.assertRaises(sns.exceptions.TooManyEntriesInBatchRequestException):
            sns.publish_batch(
                TopicArn=topic.arn,
                PublishBatchRequestEntries=[*entries, {"Id": "10", "Message": "m"}],
            )

    def test_exceptions(self):
        """boto3: errors are the client's exceptions, with the codes of the Query protocol"""
        missing = "arn:aws:sns:us-east-1:000000000000:no-such"
        with self.assertRaises(sns.exceptions.NotFoundException) as caught:
            sns.publish(TopicArn=missing, Message="x")
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "NotFound")
        self.assertEqual(answer["Error"]["Type"], "Sender")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 404)
        self.assertRegex(answer["ResponseMetadata"]["RequestId"], "^[0-9a-f-]{36}$")
        topic = sns.create_topic(Name="exceptions")["TopicArn"]
        with self.assertRaises(sns.exceptions.InvalidParameterException):
            sns.publish(TopicArn=topic, Message="")
        with self.assertRaises(sns.exceptions.InvalidParameterException):
            sns.subscribe(TopicArn=topic, Protocol="pigeon", Endpoint="roof")
        # A policy that cannot be read is told from one that is too large.
        with self.assertRaises(sns.exceptions.InvalidParameterException):
            sns.subscribe(
                TopicArn=topic,
                Protocol="sqs",
                Endpoint="arn:aws:sqs:us-east-1:000000000000:q",
                Attributes={"FilterPolicy": "{"},
            )
        # Deleting what is not there is no error.
        sns.delete_topic(TopicArn=missing)

    def test_data_protection_policy(self):
        """boto3: a data protection policy is kept"""
        topic = sns.create_topic(Name="protected")["TopicArn"]
        policy = {"Name": "p", "Version": "2021-06-01", "Statement": []}
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=json.dumps(policy))
        kept = sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"]
        self.assertEqual(json.loads(kept), policy)


if __name__ == "__main__":
    main()
