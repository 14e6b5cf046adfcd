import { COUNT, emptyItem, HEAD, LEASE_MS, NEXT_AVAILABLE, SEQUENCE, WAITING } from "./item.ts";
import type { ItemAccess } from "./table.ts";

/**
 * Creates a semaphore's item, or adds to the original functions' item what the protocol needs. Does nothing to one that
 * has it, so that it can be repeated at any time. Resolves with whether it wrote.
 *
 * Tickets begin at the time of this in milliseconds: should the item be deleted and made anew, its tickets go on
 * above the old ones, and with them the fencing tokens (DynamoDB takes no more than 1,000 writes a second on one item).
 */
export async function initializeItem(
  access: ItemAccess,
  leaseMs: number,
  now: number,
): Promise<boolean> {
  const head = Math.floor(now);
  const fresh = emptyItem({}, { head, leaseMs });
  const names = Object.keys(fresh);
  const given = new Set([COUNT, NEXT_AVAILABLE]);
  const sets = names.map((name, place) =>
    given.has(name)
      ? `#n${place} = if_not_exists(#n${place}, :v${place})`
      : `#n${place} = :v${place}`,
  );
  const ours = [HEAD, WAITING, SEQUENCE, LEASE_MS].map((name) => `#n${names.indexOf(name)}`);
  const answer = await access.write({
    UpdateExpression: `SET ${sets.join(", ")}`,
    ConditionExpression: `attribute_not_exists(${ours[0]})`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name, place) => [`#n${place}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      names.map((name, place) => [`:v${place}`, fresh[name]!]),
    ),
  });
  return answer.applied;
}
