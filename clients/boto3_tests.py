"""What the suite's Python files share: clients, waiting for a thing, and a report that Node's test runner reads."""

import json
import sys
import time
import traceback
import unittest

import boto3
from botocore.config import Config

# A wrong answer shows at once, and is not tried again.
CONFIG = Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=40)


def client(service, account=None, **settings):
    """A client of the world that the environment says, or of another account, or of what else is given."""
    if account:
        settings |= {"aws_access_key_id": account, "aws_secret_access_key": "flyball"}
    return boto3.client(service, config=CONFIG, **settings)


def eventually(look, seconds=30):
    """What `look` answers as soon as that is true. It is the thing itself that is waited for, and not a time."""
    give_up_at = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > give_up_at:
            raise AssertionError(f"{look} was not true within {seconds} seconds; it answered {found!r}")
        time.sleep(0.05)


class _Report(unittest.TestResult):
    """Prints a line of JSON for each test."""

    def _print(self, test, **more):
        name = test.shortDescription() or test.id()
        print(json.dumps({"name": name, **more}), file=sys.__stdout__, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._print(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._print(test, failure="".join(traceback.format_exception(*err)))

    def addError(self, test, err):
        super().addError(test, err)
        self._print(test, failure="".join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._print(test, skipped=reason)


def main():
    """Runs the tests of the file that was started."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = _Report()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
