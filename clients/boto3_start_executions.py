"""Starts the executions that the standard input lists, so many seconds apart; prints their ARNs."""

import json
import sys
import time

from boto3_tests import client

stepfunctions = client("stepfunctions")
apart_seconds = float(sys.argv[1])
arns = []
for start in json.load(sys.stdin):
    arns.append(stepfunctions.start_execution(**start)["executionArn"])
    time.sleep(apart_seconds)
print(json.dumps(arns))
