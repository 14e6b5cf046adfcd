import type { PolicyVersion as PolicyVersionShown } from "@aws-sdk/client-iam";
import { Constraints } from "../../constraints.ts";
import type { OperationOf } from "../../service.ts";
import { awsManagedPolicy } from "./aws-managed.ts";
import { checkIdentityPolicy, encodeDocument } from "./document.ts";
import { deleteConflict, limitExceeded, noSuchEntity } from "./errors.ts";
import {
  AWS_MANAGED_SINCE,
  changePolicy,
  checkPolicyArn,
  checkPolicySize,
  findPolicy,
  type Policy,
  type PolicyVersion,
} from "./policy.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const VERSIONS_MAX = 5;

export const createPolicyVersion: OperationOf<"iam", "CreatePolicyVersion"> = async (
  { cloud, caller },
  { PolicyArn, PolicyDocument, SetAsDefault = false },
) => {
  checkPolicyArn(PolicyArn);
  checkIdentityPolicy(PolicyDocument);
  checkPolicySize(PolicyDocument);
  const now = cloud.clock.now();
  const policy = await cloud.store.write((tx) =>
    changePolicy(tx, caller, PolicyArn, (before) => {
      if (before.versions.length >= VERSIONS_MAX)
        throw limitExceeded(
          `A managed policy can have up to ${VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
        );
      const id = `v${before.nextVersion}`;
      return {
        ...before,
        updatedAt: now,
        versions: [...before.versions, { id, document: PolicyDocument, createdAt: now }],
        defaultVersionId: SetAsDefault ? id : before.defaultVersionId,
        nextVersion: before.nextVersion + 1,
      };
    }),
  );
  return { PolicyVersion: showListed(policy, policy.versions.at(-1)!) };
};

export const getPolicyVersion: OperationOf<"iam", "GetPolicyVersion"> = (
  { cloud, caller },
  { PolicyArn, VersionId },
) => {
  checkPolicyArn(PolicyArn);
  checkVersionId(VersionId);
  const ofAws = awsManagedPolicy(PolicyArn);
  if (ofAws) {
    if (ofAws.document === undefined || VersionId !== "v1") throw noVersion(PolicyArn, VersionId);
    const Document = encodeDocument(ofAws.document);
    return {
      PolicyVersion: { Document, VersionId, IsDefaultVersion: true, CreateDate: AWS_MANAGED_SINCE },
    };
  }
  const policy = cloud.store.read((tx) => findPolicy(tx, caller, PolicyArn));
  const version = findVersion(policy, VersionId);
  return {
    PolicyVersion: { Document: encodeDocument(version.document), ...showListed(policy, version) },
  };
};

/** The latest first, without their documents. */
export const listPolicyVersions: OperationOf<"iam", "ListPolicyVersions"> = (
  { cloud, caller },
  { PolicyArn },
) => {
  checkPolicyArn(PolicyArn);
  if (awsManagedPolicy(PolicyArn))
    return {
      Versions: [{ VersionId: "v1", IsDefaultVersion: true, CreateDate: AWS_MANAGED_SINCE }],
      IsTruncated: false,
    };
  const policy = cloud.store.read((tx) => findPolicy(tx, caller, PolicyArn));
  return {
    Versions: policy.versions.toReversed().map((version) => showListed(policy, version)),
    IsTruncated: false,
  };
};

export const setDefaultPolicyVersion: OperationOf<"iam", "SetDefaultPolicyVersion"> = async (
  { cloud, caller },
  { PolicyArn, VersionId },
) => {
  checkPolicyArn(PolicyArn);
  checkVersionId(VersionId);
  const now = cloud.clock.now();
  await cloud.store.write((tx) =>
    changePolicy(tx, caller, PolicyArn, (policy) => ({
      ...policy,
      updatedAt: now,
      defaultVersionId: findVersion(policy, VersionId).id,
    })),
  );
  return {};
};

export const deletePolicyVersion: OperationOf<"iam", "DeletePolicyVersion"> = async (
  { cloud, caller },
  { PolicyArn, VersionId },
) => {
  checkPolicyArn(PolicyArn);
  checkVersionId(VersionId);
  await cloud.store.write((tx) =>
    changePolicy(tx, caller, PolicyArn, (policy) => {
      if (findVersion(policy, VersionId).id === policy.defaultVersionId)
        throw deleteConflict("Cannot delete the default version of a policy.");
      return { ...policy, versions: policy.versions.filter(({ id }) => id !== VersionId) };
    }),
  );
  return {};
};

function checkVersionId(id: string | undefined): asserts id is string {
  new Constraints()
    .required("versionId", id)
    .pattern("versionId", id, "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")
    .check("ValidationError");
}

function findVersion(policy: Policy, id: string): PolicyVersion {
  const version = policy.versions.find((one) => one.id === id);
  if (!version) throw noVersion(policy.arn, id);
  return version;
}

function noVersion(arn: string, id: string): Error {
  return noSuchEntity(`Policy ${arn} version ${id} does not exist or is not attachable.`);
}

function showListed(policy: Policy, { id, createdAt }: PolicyVersion): PolicyVersionShown {
  return {
    VersionId: id,
    IsDefaultVersion: id === policy.defaultVersionId,
    CreateDate: new Date(createdAt),
  };
}
