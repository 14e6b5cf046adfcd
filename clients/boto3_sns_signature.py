"""What an HTTP endpoint gets of SNS, and that libraries which know nothing of this cloud find it authentic."""

import base64
import copy
import http.server
import json
import os
import queue
import threading
import unittest
import urllib.parse
import urllib.request

from boto3_tests import client, main
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sns_message_validator import SNSMessageValidator
from sns_message_validator.exceptions import SignatureVerificationFailureException

sns = client("sns")
HOST = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Takes in what is posted."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.put((self.headers, json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Signatures(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
        self.server.taken = queue.Queue()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def subscribe(self, name, **attributes):
        """A topic with a subscription of this endpoint, and the confirmation that it was asked for."""
        topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
        url = f"http://127.0.0.1:{self.server.server_port}/hook"
        pending = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        self.assertEqual(pending["SubscriptionArn"], "pending confirmation")
        return topic, self.take("SubscriptionConfirmation")

    def take(self, kind):
        headers, document = self.server.taken.get(timeout=20)
        self.assertEqual(headers["x-amz-sns-message-type"], kind)
        self.assertEqual(document["Type"], kind)
        return document

    def test_version_1(self):
        """aws-sns-message-validator: a confirmation and notifications are authentic, a forged one is not"""
        validator = SNSMessageValidator(cert_url_regex=f"^http://{HOST}/")
        topic, confirmation = self.subscribe("version-1")
        validator.validate_message(confirmation)
        # Whoever is asked confirms by following the link, without credentials.
        urllib.request.urlopen(confirmation["SubscribeURL"]).read()
        [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertTrue(subscription["SubscriptionArn"].startswith(f"{topic}:"))

        sns.publish(TopicArn=topic, Message="two\nlines, ü", Subject="news")
        with_subject = self.take("Notification")
        validator.validate_message(with_subject)
        sns.publish(TopicArn=topic, Message="no subject")
        validator.validate_message(self.take("Notification"))
        for field in ("Message", "Subject", "Timestamp", "TopicArn"):
            forged = copy.copy(with_subject)
            forged[field] += "!"
            with self.assertRaises(SignatureVerificationFailureException):
                validator.validate_message(forged)

        # The link to unsubscribe needs no credentials either; the endpoint is told.
        urllib.request.urlopen(with_subject["UnsubscribeURL"]).read()
        validator.validate_message(self.take("UnsubscribeConfirmation"))

    def test_version_2(self):
        """cryptography: a signature of version 2 is RSA with SHA-256 over the same text"""
        topic, confirmation = self.subscribe("version-2", SignatureVersion="2")
        self.assertEqual(confirmation["SignatureVersion"], "2")
        sns.confirm_subscription(TopicArn=topic, Token=confirmation["Token"])
        sns.publish(TopicArn=topic, Message="hello")
        document = self.take("Notification")
        pem = urllib.request.urlopen(document["SigningCertURL"]).read()
        key = x509.load_pem_x509_certificate(pem).public_key()
        signature = base64.b64decode(document["Signature"])

        def verify(message):
            names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
            text = "".join(f"{name}\n{message[name]}\n" for name in names)
            key.verify(signature, text.encode(), PKCS1v15(), SHA256())

        verify(document)
        with self.assertRaises(InvalidSignature):
            verify({**document, "Message": "forged"})


if __name__ == "__main__":
    main()
