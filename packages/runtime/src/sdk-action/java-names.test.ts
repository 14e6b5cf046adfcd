import assert from "node:assert";
import { test } from "node:test";
import { loadModel } from "../gateway/model/model.ts";
import type { Shape } from "../gateway/model/shape.ts";
import { type ServiceName, sdks } from "../sdk.ts";
import { actionName, exceptionName, fieldName } from "./java-names.ts";

test("A member begins with a capital, and its leading capitals are one word (aws-sdk-js issue 4294, boto3 issue 4253)", () => {
  const names = {
    stateMachineArn: "StateMachineArn",
    TableName: "TableName",
    S: "S",
    SS: "Ss",
    BOOL: "Bool",
    NULL: "Nul",
    SSESpecification: "SseSpecification",
    KMSMasterKeyId: "KmsMasterKeyId",
    MD5OfMessageBody: "Md5OfMessageBody",
    // As a recorded answer of S3 has them.
    ETag: "ETag",
    ChecksumCRC32: "ChecksumCRC32",
    __type: "__type",
  };
  for (const [member, field] of Object.entries(names)) assert.equal(fieldName(member), field);
});

test("An error is an exception in Pascal case, whatever its shape is called (Step Functions developer guide, AWS service SDK integrations)", () => {
  const names = {
    QueueDoesNotExist: "QueueDoesNotExistException",
    ConditionalCheckFailedException: "ConditionalCheckFailedException",
    NotFoundException: "NotFoundException",
    InternalServerError: "InternalServerErrorException",
    KMSDisabledException: "KmsDisabledException",
    KMSOptInRequired: "KmsOptInRequiredException",
    EC2ThrottledException: "Ec2ThrottledException",
    EFSIOException: "EfsioException",
    InvalidSubnetIDException: "InvalidSubnetIdException",
    SubnetIPAddressLimitReachedException: "SubnetIpAddressLimitReachedException",
    ConcurrentModificationFault: "ConcurrentModificationException",
  };
  for (const [shape, exception] of Object.entries(names))
    assert.equal(exceptionName(shape), exception);
});

test("An action is the operation with a small letter first", () => {
  assert.equal(actionName("SendMessage"), "sendMessage");
  assert.equal(actionName("ListMFADevices"), "listMFADevices");
});

test("No two members of a structure, and no two actions of a service, come to one name", async () => {
  for (const service of Object.keys(sdks) as ServiceName[]) {
    const { operations } = await loadModel(service);
    const actions = [...operations.keys()].map(actionName);
    assert.equal(new Set(actions).size, operations.size, service);
    const seen = new Set<unknown>();
    for (const { input, output } of operations.values())
      for (const shape of [input, output]) assertDistinct(shape, seen);
  }
});

function assertDistinct(shape: Shape, seen: Set<unknown>): void {
  if (shape.kind === "list") assertDistinct(shape.member, seen);
  else if (shape.kind === "map") assertDistinct(shape.value, seen);
  if (shape.kind !== "structure" || seen.has(shape.members)) return;
  seen.add(shape.members);
  const fields = shape.members.map(({ name }) => fieldName(name));
  assert.equal(new Set(fields).size, fields.length, `${shape.name}: ${fields.join(" ")}`);
  for (const { shape: member } of shape.members) assertDistinct(member, seen);
}
