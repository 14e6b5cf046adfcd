"""A tour through Step Functions by boto3."""

import json
import threading
import unittest

from boto3_functions import create
from boto3_tests import client, eventually, main

states = client("stepfunctions")
sqs = client("sqs")
ROLE = "arn:aws:iam::000000000000:role/states"
MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine:"


def chain(**given):
    """A definition of these states, one after another; they are called by their places: "1", "2", …"""
    listed = list(given.pop("states"))
    steps = {}
    for place, state in enumerate(listed, 1):
        ends = place == len(listed) or state["Type"] in ("Succeed", "Fail", "Choice")
        after = {"Next": str(place + 1)} if not ends else {}
        if ends and state["Type"] not in ("Succeed", "Fail", "Choice"):
            after = {"End": True}
        steps[str(place)] = {**after, **state}
    return {"StartAt": "1", "States": steps, **given}


def machine(name, *steps, type="STANDARD", settings=None, **definition):
    return states.create_state_machine(
        name=name,
        type=type,
        roleArn=ROLE,
        definition=json.dumps(chain(states=steps, **definition)),
        **(settings or {}),
    )["stateMachineArn"]


def start(arn, given=None, **settings):
    return states.start_execution(
        stateMachineArn=arn, input=json.dumps({} if given is None else given), **settings
    )["executionArn"]


def ended(execution):
    """How an execution came to its end."""

    def look():
        described = states.describe_execution(executionArn=execution)
        return described["status"] != "RUNNING" and described

    return eventually(look)


def run(arn, given=None):
    """The output of an execution that succeeds."""
    described = ended(start(arn, given))
    if described["status"] != "SUCCEEDED":
        raise AssertionError(described)
    return json.loads(described["output"])


def history(execution, **settings):
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution, **settings
    )
    return [event for page in pages for event in page["events"]]


def task(resource, parameters, **fields):
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        **fields,
    }


class Executions(unittest.TestCase):
    def test_history(self):
        """boto3: a history comes page by page, forwards or backwards, with or without data"""
        arn = machine("history", *[{"Type": "Pass"}] * 6)
        execution = start(arn, {"n": 1})
        self.assertEqual(ended(execution)["status"], "SUCCEEDED")
        events = history(execution, PaginationConfig={"PageSize": 3})
        self.assertEqual([event["id"] for event in events], list(range(1, 15)))
        self.assertEqual(events[0]["executionStartedEventDetails"]["input"], '{"n": 1}')
        self.assertEqual(events[0]["executionStartedEventDetails"]["roleArn"], ROLE)
        self.assertEqual(events[1]["stateEnteredEventDetails"]["name"], "1")
        backwards = history(execution, reverseOrder=True, includeExecutionData=False)
        self.assertEqual(backwards[0]["type"], "ExecutionSucceeded")
        self.assertEqual([event["id"] for event in backwards], list(range(14, 0, -1)))
        self.assertNotIn("output", backwards[0]["executionSucceededEventDetails"])

    def test_listing(self):
        """boto3: executions are listed by status, page by page, the latest first"""
        arn = machine("listing", {"Type": "Wait", "SecondsPath": "$.seconds"})
        done = [start(arn, {"seconds": 0}, name=f"done-{place}") for place in range(5)]
        for execution in done:
            ended(execution)
        running = start(arn, {"seconds": 1000})
        pages = list(
            states.get_paginator("list_executions").paginate(
                stateMachineArn=arn,
                statusFilter="SUCCEEDED",
                PaginationConfig={"PageSize": 2},
            )
        )
        self.assertEqual([len(page["executions"]) for page in pages], [2, 2, 1])
        listed = [each["executionArn"] for page in pages for each in page["executions"]]
        self.assertEqual(listed, done[::-1])
        [left] = states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
        self.assertEqual(left["executionArn"], running)
        states.stop_execution(executionArn=running, error="Enough", cause="of it")
        described = states.describe_execution(executionArn=running)
        self.assertEqual(
            (described["status"], described["error"], described["cause"]),
            ("ABORTED", "Enough", "of it"),
        )

    def test_idempotence(self):
        """boto3: a name that runs with the same input is the same execution; another input is refused"""
        arn = machine("idempotence", {"Type": "Wait", "Seconds": 1000})
        first = start(arn, {"n": 1}, name="once")
        self.assertEqual(start(arn, {"n": 1}, name="once"), first)
        with self.assertRaises(states.exceptions.ExecutionAlreadyExists):
            start(arn, {"n": 2}, name="once")
        states.stop_execution(executionArn=first)

    def test_redrive(self):
        """boto3: an execution that failed goes on where it failed once it is redriven"""
        table = client("dynamodb")
        table.create_table(
            TableName="redrive",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        arn = machine(
            "redrive",
            {"Type": "Pass"},
            task(
                "dynamodb:updateItem",
                {
                    "TableName": "redrive",
                    "Key": {"id": {"S": "a"}},
                    "UpdateExpression": "SET seen = :yes",
                    "ConditionExpression": "attribute_exists(id)",
                    "ExpressionAttributeValues": {":yes": {"BOOL": True}},
                },
            ),
        )
        execution = start(arn)
        failed = ended(execution)
        self.assertEqual(failed["error"], "DynamoDB.ConditionalCheckFailedException")
        self.assertTrue(
            failed["cause"].startswith("The conditional request failed (Service: "), failed["cause"]
        )
        self.assertEqual(failed["redriveStatus"], "REDRIVABLE")
        table.put_item(TableName="redrive", Item={"id": {"S": "a"}})
        self.assertIn("redriveDate", states.redrive_execution(executionArn=execution))
        redriven = ended(execution)
        self.assertEqual((redriven["status"], redriven["redriveCount"]), ("SUCCEEDED", 1))
        self.assertEqual(redriven["redriveStatus"], "NOT_REDRIVABLE")
        types = [event["type"] for event in history(execution)]
        self.assertEqual((types.count("PassStateEntered"), types.count("ExecutionRedriven")), (1, 1))
        with self.assertRaises(states.exceptions.ExecutionNotRedrivable):
            states.redrive_execution(executionArn=execution)

    def test_express(self):
        """boto3: StartSyncExecution answers with what an Express machine came to, be it a failure"""
        arn = machine("express", {"Type": "Pass", "Result": {"n": 2}}, type="EXPRESS")
        answer = states.start_sync_execution(stateMachineArn=arn, input="{}", name="one")
        self.assertEqual((answer["status"], json.loads(answer["output"])), ("SUCCEEDED", {"n": 2}))
        self.assertIn(":express:express:one:", answer["executionArn"])
        self.assertEqual(answer["billingDetails"]["billedMemoryUsedInMB"], 64)
        broken = machine(
            "broken", {"Type": "Fail", "Error": "Odd", "Cause": "It is."}, type="EXPRESS"
        )
        answer = states.start_sync_execution(stateMachineArn=broken)
        self.assertEqual(
            (answer["status"], answer["error"], answer["cause"]), ("FAILED", "Odd", "It is.")
        )
        standard = machine("standard", {"Type": "Pass"})
        with self.assertRaises(states.exceptions.StateMachineTypeNotSupported):
            states.start_sync_execution(stateMachineArn=standard)
        with self.assertRaises(states.exceptions.StateMachineTypeNotSupported):
            states.list_executions(stateMachineArn=arn)

    def test_status_events(self):
        """boto3: each change of an execution's status is an event on the default bus"""
        events = client("events")
        queue = sqs.create_queue(QueueName="changes")["QueueUrl"]
        arn = machine("told", {"Type": "Pass", "Result": 1})
        events.put_rule(
            Name="told",
            EventPattern=json.dumps(
                {
                    "source": ["aws.states"],
                    "detail-type": ["Step Functions Execution Status Change"],
                    "detail": {"stateMachineArn": [arn]},
                }
            ),
        )
        target = "arn:aws:sqs:us-east-1:000000000000:changes"
        events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": target}])
        execution = start(arn)
        told = {}
        while len(told) < 2:
            for message in sqs.receive_message(
                QueueUrl=queue, WaitTimeSeconds=20, MaxNumberOfMessages=10
            )["Messages"]:
                event = json.loads(message["Body"])
                told[event["detail"]["status"]] = event
        self.assertEqual(set(told), {"RUNNING", "SUCCEEDED"})
        self.assertEqual(told["SUCCEEDED"]["resources"], [execution])
        self.assertEqual(told["SUCCEEDED"]["detail"]["output"], "1")
        self.assertIsNone(told["RUNNING"]["detail"]["stopDate"])


class States(unittest.TestCase):
    def test_parallel_and_map(self):
        """boto3: Parallel and Map give their outputs in order, in JSONPath and in JSONata"""
        inner = {
            "StartAt": "Rest",
            "States": {
                "Rest": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Name"},
                "Name": {"Type": "Pass", "OutputPath": "$.name", "End": True},
            },
        }
        arn = machine(
            "parallel-and-map",
            {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.mapped", "ItemProcessor": inner},
            {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": name, "States": {name: {"Type": "Pass", "Result": name, "End": True}}}
                    for name in "ab"
                ],
                "ResultPath": "$.both",
            },
            {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": "{% $states.input.(mapped ~> $append(both)) ~> $join('-') %}",
            },
        )
        items = [{"seconds": 1, "name": "late"}, {"seconds": 0, "name": "early"}]
        self.assertEqual(run(arn, {"items": items}), "late-early-a-b")

    def test_distributed_map(self):
        """boto3: a distributed Map's items are executions of their own, told by its map run"""
        arn = machine(
            "distributed",
            {
                "Type": "Map",
                "Label": "Each",
                "MaxConcurrency": 3,
                "ToleratedFailureCount": 1,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Bad?",
                    "States": {
                        "Bad?": {
                            "Type": "Choice",
                            "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "Fail"}],
                            "Default": "Done",
                        },
                        "Fail": {"Type": "Fail", "Error": "Three"},
                        "Done": {"Type": "Succeed"},
                    },
                },
                "ResultPath": None,
            },
        )
        execution = start(arn, [1, 2, 3, 4, 5])
        self.assertEqual(ended(execution)["status"], "SUCCEEDED")
        [map_run] = states.list_map_runs(executionArn=execution)["mapRuns"]
        described = states.describe_map_run(mapRunArn=map_run["mapRunArn"])
        self.assertEqual(described["status"], "SUCCEEDED")
        self.assertEqual(described["maxConcurrency"], 3)
        counts = described["itemCounts"]
        self.assertEqual((counts["total"], counts["succeeded"], counts["failed"]), (5, 4, 1))
        children = states.get_paginator("list_executions").paginate(
            mapRunArn=map_run["mapRunArn"], PaginationConfig={"PageSize": 2}
        )
        self.assertEqual(len([child for page in children for child in page["executions"]]), 5)

    def test_errors(self):
        """boto3: errors of services have the names that AWS gives them, and are retried and caught by them"""
        caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "2"}]

        def error_of(name, state):
            arn = machine(name, {**state, "Catch": caught}, {"Type": "Pass", "OutputPath": "$.caught"})
            return run(arn)["Error"]

        absent = {"FunctionName": "no-such-function"}
        self.assertEqual(
            error_of("no-function", task("lambda:invoke", absent)),
            "Lambda.ResourceNotFoundException",
        )
        self.assertEqual(
            error_of("no-table", task("dynamodb:getItem", {"TableName": "none", "Key": {}})),
            "DynamoDB.ResourceNotFoundException",
        )
        self.assertEqual(
            error_of("no-queue", task("aws-sdk:sqs:getQueueUrl", {"QueueName": "no-such-queue"})),
            "Sqs.QueueDoesNotExistException",
        )
        function = create("picky", "class Picky(Exception): pass\ndef handler(*_): raise Picky('no')")
        self.assertEqual(
            error_of("picky", task("lambda:invoke", {"FunctionName": function})), "Picky"
        )
        arn = machine("impatient", {"Type": "Wait", "Seconds": 1000}, TimeoutSeconds=1)
        self.assertEqual(ended(start(arn))["status"], "TIMED_OUT")

    def test_nested(self):
        """boto3: a machine runs another and waits for its output"""
        inner = machine("inner", {"Type": "Wait", "Seconds": 1}, {"Type": "Pass", "Result": {"n": 7}})
        parameters = {
            "StateMachineArn": inner,
            "Input": {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"},
        }
        outer = machine("outer", task("states:startExecution.sync:2", parameters))
        self.assertEqual(run(outer)["Output"], {"n": 7})


class Workers(unittest.TestCase):
    def test_token(self):
        """boto3: a function in Python answers with the task token that it was given"""
        answer = create(
            "answer",
            "import boto3, json\n"
            "states = boto3.client('stepfunctions')\n"
            "def handler(event, context):\n"
            "    if event['good']:\n"
            "        states.send_task_heartbeat(taskToken=event['token'])\n"
            "        states.send_task_success(taskToken=event['token'], output=json.dumps({'n': 5}))\n"
            "    else:\n"
            "        states.send_task_failure(taskToken=event['token'], error='Bad', cause='It was.')\n",
            Timeout=30,
        )
        payload = {"token.$": "$$.Task.Token", "good.$": "$.good"}
        arn = machine(
            "token",
            task(
                "lambda:invoke.waitForTaskToken",
                {"FunctionName": answer, "Payload": payload},
                HeartbeatSeconds=20,
            ),
        )
        self.assertEqual(run(arn, {"good": True}), {"n": 5})
        bad = ended(start(arn, {"good": False}))
        self.assertEqual((bad["status"], bad["error"], bad["cause"]), ("FAILED", "Bad", "It was."))

    def test_late_token(self):
        """boto3: a token whose task is over, or that never was, is refused by name"""
        queue = sqs.create_queue(QueueName="late")["QueueUrl"]
        body = {"token.$": "$$.Task.Token"}
        arn = machine(
            "late",
            task(
                "sqs:sendMessage.waitForTaskToken",
                {"QueueUrl": queue, "MessageBody": body},
                HeartbeatSeconds=1,
            ),
        )
        failed = ended(start(arn))
        # As histories of AWS show it; Retry and Catch know it as States.HeartbeatTimeout.
        self.assertEqual((failed["status"], failed["error"]), ("FAILED", "States.Timeout"))
        [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        token = json.loads(message["Body"])["token"]
        with self.assertRaises(states.exceptions.TaskTimedOut):
            states.send_task_success(taskToken=token, output="{}")
        with self.assertRaises(states.exceptions.TaskTimedOut):
            states.send_task_heartbeat(taskToken=token)
        with self.assertRaises(states.exceptions.InvalidToken):
            states.send_task_failure(taskToken="not a token")
        with self.assertRaises(states.exceptions.InvalidOutput):
            states.send_task_success(taskToken=token, output="{")

    def test_activity(self):
        """boto3: a worker waits for an activity's task, and its answer is the state's result"""
        activity = states.create_activity(name="by-hand")["activityArn"]
        arn = machine("worked", {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 20})
        got = []
        worker = threading.Thread(
            target=lambda: got.append(
                client("stepfunctions").get_activity_task(activityArn=activity, workerName="w")
            )
        )
        worker.start()
        execution = start(arn, {"n": 1})
        worker.join()
        [work] = got
        self.assertEqual(json.loads(work["input"]), {"n": 1})
        states.send_task_heartbeat(taskToken=work["taskToken"])
        states.send_task_success(taskToken=work["taskToken"], output='{"n": 2}')
        self.assertEqual(json.loads(ended(execution)["output"]), {"n": 2})
        types = [event["type"] for event in history(execution)]
        self.assertIn("ActivitySucceeded", types)
        states.delete_activity(activityArn=activity)
        with self.assertRaises(states.exceptions.ActivityDoesNotExist):
            states.describe_activity(activityArn=activity)


class Machines(unittest.TestCase):
    def test_alias(self):
        """boto3: an alias leads to a version, and takes no part in what is changed later"""
        arn = machine("routed", {"Type": "Pass", "Result": 1})
        first = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        alias = states.create_state_machine_alias(
            name="live", routingConfiguration=[{"stateMachineVersionArn": first, "weight": 100}]
        )["stateMachineAliasArn"]
        definition = json.dumps(chain(states=[{"Type": "Pass", "Result": 2}]))
        states.update_state_machine(stateMachineArn=arn, definition=definition)
        self.assertEqual((run(arn), run(alias)), (2, 1))
        second = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        self.assertEqual(second, f"{arn}:2")
        states.update_state_machine_alias(
            stateMachineAliasArn=alias,
            routingConfiguration=[{"stateMachineVersionArn": second, "weight": 100}],
        )
        self.assertEqual(run(alias), 2)
        with self.assertRaises(states.exceptions.ConflictException):
            states.delete_state_machine_version(stateMachineVersionArn=second)

    def test_pages(self):
        """boto3: machines and activities are listed page by page"""
        arns = {machine(f"page-{place}", {"Type": "Pass"}) for place in range(5)}
        pages = states.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
        listed = [each["stateMachineArn"] for page in pages for each in page["stateMachines"]]
        self.assertLessEqual(arns, set(listed))
        self.assertEqual(len(listed), len(set(listed)))

    def test_exceptions(self):
        """boto3: refusals are the client's exceptions"""
        arn = machine("refusals", {"Type": "Pass"})
        with self.assertRaises(states.exceptions.StateMachineAlreadyExists):
            machine("refusals", {"Type": "Succeed"})
        self.assertEqual(machine("refusals", {"Type": "Pass"}), arn)
        with self.assertRaises(states.exceptions.InvalidName):
            machine("no spaces", {"Type": "Pass"})
        with self.assertRaises(states.exceptions.InvalidDefinition) as caught:
            states.create_state_machine(name="bad", roleArn=ROLE, definition='{"StartAt": "A"}')
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        with self.assertRaises(states.exceptions.StateMachineDoesNotExist):
            start(f"{MACHINES}none")
        with self.assertRaises(states.exceptions.InvalidArn):
            states.describe_state_machine(stateMachineArn="none")
        with self.assertRaises(states.exceptions.InvalidExecutionInput):
            states.start_execution(stateMachineArn=arn, input="{")
        with self.assertRaises(states.exceptions.ExecutionDoesNotExist):
            name = arn.replace("stateMachine", "execution")
            states.describe_execution(executionArn=f"{name}:none")
        with self.assertRaises(states.exceptions.InvalidToken):
            states.list_executions(stateMachineArn=arn, nextToken="none")

    def test_logs(self):
        """boto3: an Express machine's history is in its log group"""
        logs = client("logs")
        group = "/aws/vendedlogs/states/logged"
        logs.create_log_group(logGroupName=group)
        arn = machine(
            "logged",
            {"Type": "Pass"},
            type="EXPRESS",
            settings={
                "loggingConfiguration": {
                    "level": "ALL",
                    "includeExecutionData": True,
                    "destinations": [
                        {
                            "cloudWatchLogsLogGroup": {
                                "logGroupArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
                            }
                        }
                    ],
                }
            },
        )
        states.start_sync_execution(stateMachineArn=arn, input='{"n": 1}')

        def told():
            events = logs.filter_log_events(logGroupName=group)["events"]
            return len(events) >= 4 and [json.loads(event["message"]) for event in events]

        types = [event["type"] for event in eventually(told)]
        self.assertEqual(
            types,
            ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"],
        )


if __name__ == "__main__":
    main()
