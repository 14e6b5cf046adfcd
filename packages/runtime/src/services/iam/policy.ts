import { Constraints } from "../../constraints.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { type Document, sizeOf } from "./document.ts";
import type { World } from "./entity.ts";
import { limitExceeded, noSuchEntity } from "./errors.ts";
import type { Tags } from "./tags.ts";

export interface PolicyVersion {
  /** `v1`, `v2`, …; a number is never used again. */
  readonly id: string;
  readonly document: Document;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A policy that an account keeps. */
export interface Policy {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly description?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Tags;
  /** Five at most, the latest last. */
  readonly versions: readonly PolicyVersion[];
  readonly defaultVersionId: string;
  readonly nextVersion: number;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const POLICY_SIZE_MAX = 6_144;
/** One instant for all of AWS's own policies, whose real ones are not kept here. */
export const AWS_MANAGED_SINCE = new Date("2015-02-06T18:40:00Z");

export const policiesKey = ({ account }: World): Key => ["iam", account, "policy"];

export function policyKey(world: World, arn: string): Key {
  return [...policiesKey(world), arn];
}

/** The account's own policy of this ARN, or `NoSuchEntityException`. */
export function findPolicy(tx: ReadTransaction, world: World, arn: string): Policy {
  const policy = tx.get<Policy>(policyKey(world, arn));
  if (policy) return policy;
  throw noSuchEntity(`Policy ${arn} was not found.`);
}

export function checkPolicySize(document: Document): void {
  if (sizeOf(document) > POLICY_SIZE_MAX)
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${POLICY_SIZE_MAX}`);
}

/** Refuses what cannot be a policy's ARN. */
export function checkPolicyArn(arn: string | undefined): asserts arn is string {
  new Constraints()
    .required("policyArn", arn)
    .length("policyArn", arn, { min: 20, max: 2048 })
    .check("ValidationError");
}

/** Writes what an account's policy becomes. */
export function changePolicy(
  tx: WriteTransaction,
  world: World,
  arn: string,
  change: (policy: Policy) => Policy,
): Policy {
  const policy = change(findPolicy(tx, world, arn));
  tx.put(policyKey(world, arn), policy);
  return policy;
}
