"""Sends each order that it is invoked with on to its target: a queue, a topic or a function, as its environment says."""

import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TARGET = os.environ["TARGET"]
sqs = boto3.client("sqs")
sns = boto3.client("sns")
function = boto3.client("lambda", config=Config(retries={"max_attempts": 0}))


def invoke(order, invocation_type):
    payload = json.dumps({"order": order})
    return function.invoke(FunctionName=TARGET, InvocationType=invocation_type, Payload=payload)


def invoke_and_wait(order):
    try:
        return json.load(invoke(order, "RequestResponse")["Payload"])
    except ClientError as error:
        answer = error.response
        return {
            "name": type(error).__name__,
            "message": answer["Error"]["Message"],
            "status": answer["ResponseMetadata"]["HTTPStatusCode"],
        }


SEND = {
    "queue": lambda order: sqs.send_message(QueueUrl=TARGET, MessageBody=order),
    "topic": lambda order: sns.publish(TopicArn=TARGET, Message=order),
    "function, not waited for": lambda order: invoke(order, "Event") and None,
    "function, waited for": invoke_and_wait,
}


def handler(event, context):
    answer = None
    for record in event.get("Records", [event]):
        order = record.get("body") or record.get("Sns", {}).get("Message") or record.get("order")
        print(f"ran {order} {os.environ['_X_AMZN_TRACE_ID']}")
        answer = SEND[os.environ["TARGET_KIND"]](order)
    return answer
