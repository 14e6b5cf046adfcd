import type { Tag } from "@aws-sdk/client-iam";
import { arn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { ServiceError } from "../../errors.ts";
import type { Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";

/** What policies are written into and attached to. */
export type Kind = "role" | "user" | "group";

export interface Entity {
  readonly name: string;
  /** `/` or `/a/b/`. */
  readonly path: string;
  /** `AROA…`, `AIDA…`, `AGPA…`: never given to another. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly tags: readonly Required<Tag>[];
}

/** IAM knows accounts, and no Regions. */
export type World = Pick<Caller, "account">;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const NAME_LENGTH_MAX: Record<Kind | "instanceProfile" | "policy", number> = {
  role: 64,
  user: 64,
  group: 128,
  instanceProfile: 128,
  policy: 128,
};
const PATH_LENGTH_MAX = 512;
const UNIQUE_ID_CHARACTERS = 17;

export { UNIQUE_ID_CHARACTERS };

/** Names differ in more than case: `Admin` and `admin` are the same. */
export function entityKey({ account }: World, noun: string, name: string): Key {
  return ["iam", account, noun, name.toLowerCase()];
}

export function entitiesKey({ account }: World, noun: string): Key {
  return ["iam", account, noun];
}

/** The entity, or `NoSuchEntityException` in AWS's words. */
export function findEntity<E extends Entity>(
  tx: ReadTransaction,
  world: World,
  kind: Kind,
  name: string,
): E {
  const entity = tx.get<E>(entityKey(world, kind, name));
  if (entity) return entity;
  throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
}

/** Keeps a new entity; refuses a name that is taken. */
export function createEntity(tx: WriteTransaction, world: World, kind: Kind, entity: Entity): void {
  const key = entityKey(world, kind, entity.name);
  if (tx.get(key)) {
    const Kind = `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
    throw alreadyExists(`${Kind} with name ${entity.name} already exists.`);
  }
  tx.put(key, entity);
}

export function entityArn({ account }: World, kind: string, path: string, name: string): string {
  return arn("iam", "", account, `${kind}${path}${name}`);
}

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError("NoSuchEntityException", message);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError("EntityAlreadyExistsException", message);
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError("DeleteConflictException", message);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceededException", message);
}

export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationError", message, { httpStatus: 400 });
}

/** Refuses what cannot be a name; `member` is the request's (`roleName`). */
export function checkName(
  kind: keyof typeof NAME_LENGTH_MAX,
  member: string,
  name: string | undefined,
): asserts name is string {
  new Constraints()
    .required(member, name)
    .length(member, name, { min: 1, max: NAME_LENGTH_MAX[kind] })
    .check("ValidationError");
  if (!/^[\w+=,.@-]+$/.test(name ?? ""))
    throw invalid(
      `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    );
}

export function checkPath(path: string): void {
  new Constraints().length("path", path, { min: 1, max: PATH_LENGTH_MAX }).check("ValidationError");
  if (!/^(\/|\/[\x21-\x7e]+\/)$/.test(path))
    throw invalid(
      "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    );
}
