import type { Tag } from "@aws-sdk/client-iam";
import { arn } from "../../arn.ts";
import type { Caller } from "../../call.ts";
import { Constraints } from "../../constraints.ts";
import { randomBase32 } from "../../credentials.ts";
import type { Entry, Key, ReadTransaction, WriteTransaction } from "../../store/store.ts";
import { alreadyExists, invalid, noSuchEntity } from "./errors.ts";
import { type PageAsked, type PageShown, pageOf } from "./page.ts";
import { addTags, type Tags } from "./tags.ts";

/** What policies are written into and attached to. */
export type Kind = "role" | "user" | "group";

export interface Entity {
  readonly name: string;
  /** `/` or `/a/b/`. */
  readonly path: string;
  /** One of {@link ID_PREFIX} and random characters: never given to another. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly tags: Tags;
}

/** IAM knows accounts, and no Regions. */
export type World = Pick<Caller, "account">;

/** Whatever has a name, a path and an id of its own. */
export type Noun = Kind | "instanceProfile" | "policy";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const NAME_LENGTH_MAX: Record<Noun, number> = {
  role: 64,
  user: 64,
  group: 128,
  instanceProfile: 128,
  policy: 128,
};
const PATH_LENGTH_MAX = 512;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export const ID_PREFIX: Record<Noun, string> = {
  role: "AROA",
  user: "AIDA",
  group: "AGPA",
  instanceProfile: "AIPA",
  policy: "ANPA",
};
export const UNIQUE_ID_CHARACTERS = 17;

/** Names differ in more than case: `Admin` and `admin` are the same. */
export function entityKey({ account }: World, noun: Noun, name: string): Key {
  return ["iam", account, noun, name.toLowerCase()];
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

/** The entities of one noun whose paths begin with a prefix, page by page. */
export function listEntities<E extends Entity>(
  tx: ReadTransaction,
  { account }: World,
  noun: Noun,
  { PathPrefix = "/", ...asked }: PageAsked & { readonly PathPrefix?: string | undefined },
): { entries: Entry<E>[] } & PageShown {
  return pageOf<E>(tx, ["iam", account, noun], asked, ({ path }) => path.startsWith(PathPrefix));
}

/** An entity as it is made, whose name and path were checked. */
export function newEntity(
  noun: Noun,
  { name, path, tags }: { name: string; path: string; tags?: readonly Tag[] | undefined },
  now: number,
): Entity {
  return { name, path, id: newId(noun), createdAt: now, tags: addTags([], tags) };
}

export function newId(noun: Noun): string {
  return `${ID_PREFIX[noun]}${randomBase32(UNIQUE_ID_CHARACTERS)}`;
}

/** Keeps a new entity; refuses a name that is taken. */
export function createEntity(tx: WriteTransaction, world: World, kind: Kind, entity: Entity): void {
  const key = entityKey(world, kind, entity.name);
  if (tx.get(key)) {
    const noun = `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
    throw alreadyExists(`${noun} with name ${entity.name} already exists.`);
  }
  tx.put(key, entity);
}

/** Writes what an entity becomes. */
export function changeEntity<E extends Entity>(
  tx: WriteTransaction,
  world: World,
  kind: Kind,
  name: string,
  change: (entity: E) => E,
): E {
  const entity = change(findEntity<E>(tx, world, kind, name));
  tx.put(entityKey(world, kind, name), entity);
  return entity;
}

export function entityArn({ account }: World, kind: string, path: string, name: string): string {
  return arn("iam", "", account, `${kind}${path}${name}`);
}

/** Refuses what cannot be the name of such a thing. */
export function checkName(noun: Noun, name: string | undefined): asserts name is string {
  const member = `${noun}Name`;
  new Constraints()
    .required(member, name)
    .length(member, name, { min: 1, max: NAME_LENGTH_MAX[noun] })
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

/** The name of the user that a principal's ARN names; undefined where it is no user's. */
export function userNameIn(principal: string): string | undefined {
  return /:user\/(?:.*\/)?([^/]+)$/.exec(principal)?.[1];
}
