"""Accounts and Regions by boto3: worlds of their own, by credentials and Region alone."""

import json
import unittest

from boto3_tests import client, main

ACCOUNTS = ("111111111111", "222222222222")
REGIONS = ("eu-central-1", "us-west-2")


class Worlds(unittest.TestCase):
    def test_worlds(self):
        """boto3: what is made in one account and Region is nowhere else"""
        worlds = [(account, region) for account in ACCOUNTS for region in REGIONS]
        for account, region in worlds:
            logs = client("logs", account=account, region_name=region)
            self.assertEqual(logs.describe_log_groups()["logGroups"], [])
            logs.create_log_group(logGroupName=f"/{account}/{region}")
        for account, region in worlds:
            logs = client("logs", account=account, region_name=region)
            [group] = logs.describe_log_groups()["logGroups"]
            self.assertEqual(
                group["arn"], f"arn:aws:logs:{region}:{account}:log-group:/{account}/{region}:*"
            )

    def test_iam(self):
        """boto3: an account's roles are the same in all of its Regions"""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        first = client("iam", account=ACCOUNTS[0])
        first.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        elsewhere = client("iam", account=ACCOUNTS[0], region_name="us-west-2")
        self.assertEqual(
            elsewhere.get_role(RoleName="worker")["Role"]["Arn"],
            f"arn:aws:iam::{ACCOUNTS[0]}:role/worker",
        )
        other = client("iam", account=ACCOUNTS[1])
        with self.assertRaises(other.exceptions.NoSuchEntityException):
            other.get_role(RoleName="worker")

    def test_assumed(self):
        """boto3: a role of another account leads into that account"""
        sts = client("sts", account=ACCOUNTS[0])
        role = f"arn:aws:iam::{ACCOUNTS[1]}:role/visitor"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="guest")["Credentials"]
        visitor = client(
            "sts",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        identity = visitor.get_caller_identity()
        self.assertEqual(identity["Account"], ACCOUNTS[1])
        self.assertEqual(
            identity["Arn"], f"arn:aws:sts::{ACCOUNTS[1]}:assumed-role/visitor/guest"
        )


if __name__ == "__main__":
    main()
