"""A tour through IAM and STS by boto3."""

import json
import unittest

import boto3
from boto3_tests import CONFIG, client, main

iam = client("iam")
entities = boto3.resource("iam", config=CONFIG)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
}


class Identities(unittest.TestCase):
    def test_role(self):
        """boto3: a role as a resource, with policies of its own and managed ones"""
        role = entities.create_role(
            RoleName="resource", AssumeRolePolicyDocument=json.dumps(TRUST), Description="d"
        )
        # botocore decodes the document, which comes percent-encoded.
        self.assertEqual(role.assume_role_policy_document, TRUST)
        self.assertEqual(role.arn, "arn:aws:iam::000000000000:role/resource")
        self.assertRegex(role.role_id, "^AROA[A-Z2-7]{17}$")
        role.Policy("inline").put(PolicyDocument=json.dumps(POLICY))
        self.assertEqual(role.Policy("inline").policy_document, POLICY)
        policy = entities.create_policy(PolicyName="managed", PolicyDocument=json.dumps(POLICY))
        role.attach_policy(PolicyArn=policy.arn)
        self.assertEqual([p.policy_name for p in role.attached_policies.all()], ["managed"])
        policy.reload()
        self.assertEqual(policy.attachment_count, 1)
        changed = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Sid": "changed"}]}
        role.AssumeRolePolicy().update(PolicyDocument=json.dumps(changed))
        role.reload()
        self.assertEqual(role.assume_role_policy_document, changed)

    def test_versions(self):
        """boto3: a managed policy has five versions, and one that holds"""
        policy = entities.create_policy(PolicyName="versions", PolicyDocument=json.dumps(POLICY))
        for _ in range(4):
            policy.create_version(PolicyDocument=json.dumps(POLICY), SetAsDefault=True)
        self.assertEqual(policy.default_version.version_id, "v5")
        self.assertEqual(policy.default_version.document, POLICY)
        with self.assertRaises(iam.exceptions.LimitExceededException):
            policy.create_version(PolicyDocument=json.dumps(POLICY))
        with self.assertRaises(iam.exceptions.DeleteConflictException):
            policy.delete()

    def test_user(self):
        """boto3: a user's access key leads into the user's account, as the user"""
        user = entities.create_user(UserName="anna")
        pair = user.create_access_key_pair()
        sts = client(
            "sts", aws_access_key_id=pair.access_key_id, aws_secret_access_key=pair.secret
        )
        self.assertEqual(
            sts.get_caller_identity()["Arn"], "arn:aws:iam::000000000000:user/anna"
        )
        group = entities.create_group(GroupName="staff")
        group.add_user(UserName="anna")
        self.assertEqual([g.name for g in user.groups.all()], ["staff"])

    def test_pages(self):
        """boto3: roles are listed page by page"""
        for index in range(5):
            iam.create_role(
                RoleName=f"page-{index}",
                Path="/pages/",
                AssumeRolePolicyDocument=json.dumps(TRUST),
            )
        pages = iam.get_paginator("list_roles").paginate(
            PathPrefix="/pages/", PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([len(page["Roles"]) for page in pages], [2, 2, 1])

    def test_exceptions(self):
        """boto3: errors are the client's exceptions"""
        with self.assertRaises(iam.exceptions.NoSuchEntityException) as caught:
            iam.get_role(RoleName="no-such")
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], "NoSuchEntity")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 404)
        with self.assertRaises(iam.exceptions.MalformedPolicyDocumentException):
            iam.create_policy(PolicyName="odd", PolicyDocument="{")


if __name__ == "__main__":
    main()
