/** A resource's tags, by their keys. */
export type Tags = Readonly<Record<string, string>>;

/** Source: the user guide of Tagging AWS Resources, "Tag naming limits and requirements". */
export const TAGS_MAX = 50;
export const TAG_KEY_LENGTH_MAX = 128;
export const TAG_VALUE_LENGTH_MAX = 256;

/** The tags with some added; one that is there gets the new value. Throws the service's error when they are too many. */
export function addTags(tags: Tags, added: Tags, tooMany: () => Error): Tags {
  const all = { ...tags, ...added };
  if (hasTooMany(all)) throw tooMany();
  return all;
}

/** The tags without those of some keys, which need not be there. */
export function removeTags(tags: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}

export function hasTooMany(tags: Tags): boolean {
  return Object.keys(tags).length > TAGS_MAX;
}

/** Keys that AWS keeps to itself, whatever their case. */
export function isReservedTagKey(key: string): boolean {
  return /^aws:/i.test(key);
}

/** As the services of the Query protocol tell them. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
