import { certainType } from "./expression/bind-update.ts";
import type { Condition, Operand } from "./expression/condition.ts";
import type { DocumentPath } from "./expression/path.ts";
import type { Projection } from "./expression/projection.ts";
import type { SetValue, Update } from "./expression/update.ts";
import { type IndexKeys, type KeySchema, keyAttributes } from "./key.ts";
import { invalidParameter, refusal } from "./refusal.ts";

/**
 * Checks that an update leaves the table's key alone, gives no index's key a value of another type, and reaches into
 * neither. The item that results still has to pass `validateIndexKeys`. Throws ValidationException.
 */
export function checkUpdateKeys(
  update: Update | undefined,
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  if (update === undefined) return;
  for (const { name } of keyAttributes(schema)) {
    if (update.actions.some(({ path }) => path[0] === name)) {
      throw invalidParameter(`Cannot update attribute ${name}. This attribute is part of the key`);
    }
  }
  for (const { name: index, key } of indexes) {
    for (const { name, type } of keyAttributes(key)) {
      for (const action of update.actions) {
        if (action.path.length > 1 || action.path[0] !== name) continue;
        const actual = certainType(action);
        if (actual === undefined || actual === type) continue;
        throw invalidParameter(
          `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${actual} IndexName: ${index}`,
        );
      }
    }
  }
  requireScalars(updatePaths(update), schema, indexes);
}

/** Checks that no expression reaches into a key attribute: keys are scalars. Throws ValidationException. */
export function checkKeyPaths(
  expressions: {
    readonly condition?: Condition | undefined;
    readonly projection?: Projection | undefined;
  },
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  const { condition, projection } = expressions;
  if (condition !== undefined) requireScalars(conditionPaths(condition), schema, indexes);
  if (projection !== undefined) requireScalars(projection, schema, indexes);
}

/**
 * Checks that a Query's filter doesn't name a key attribute of what it reads. `parameter` says which form the filter
 * came in. Throws ValidationException.
 */
export function checkQueryFilter(
  filter: Condition | undefined,
  schema: KeySchema,
  parameter: "Filter Expression" | "QueryFilter" = "Filter Expression",
): void {
  if (filter === undefined) return;
  const named = new Set(conditionPaths(filter).map(([name]) => name));
  for (const { name } of keyAttributes(schema)) {
    if (!named.has(name)) continue;
    throw refusal(
      `${parameter} can only contain non-primary key attributes: Primary key attribute: ${name}`,
    );
  }
}

function requireScalars(
  paths: readonly DocumentPath[],
  schema: KeySchema,
  indexes: readonly IndexKeys[],
): void {
  const nested = new Set(paths.filter((path) => path.length > 1).map(([name]) => name));
  if (nested.size === 0) return;
  const require = (name: string, what: string) => {
    if (!nested.has(name)) return;
    throw refusal(
      `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${what}: ${name}`,
    );
  };
  for (const { name } of keyAttributes(schema)) require(name, "Key");
  for (const { key } of indexes) {
    for (const { name } of keyAttributes(key)) require(name, "IndexKey");
  }
}

/** Every path that a condition reads. */
export function conditionPaths(condition: Condition): DocumentPath[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return [...conditionPaths(condition.left), ...conditionPaths(condition.right)];
    case "not":
      return conditionPaths(condition.condition);
    case "compare":
      return operandPaths(condition.left, condition.right);
    case "between":
      return operandPaths(condition.operand, condition.low, condition.high);
    case "in":
      return operandPaths(condition.operand, ...condition.candidates);
    case "exists":
      return [condition.path];
    case "type":
      return operandPaths(condition.operand);
    case "beginsWith":
    case "contains":
      return operandPaths(condition.operand, condition.part);
  }
}

function operandPaths(...operands: Operand[]): DocumentPath[] {
  return operands.flatMap((operand) => {
    if (operand.kind === "path") return [operand.path];
    return operand.kind === "size" ? operandPaths(operand.of) : [];
  });
}

/** Every path that an update reads or writes. */
function updatePaths({ actions }: Update): DocumentPath[] {
  return actions.flatMap((action) =>
    action.kind === "set" ? [action.path, ...valuePaths(action.value)] : [action.path],
  );
}

function valuePaths(value: SetValue): DocumentPath[] {
  switch (value.kind) {
    case "value":
      return [];
    case "path":
      return [value.path];
    case "ifNotExists":
      return [value.path, ...valuePaths(value.otherwise)];
    default:
      return [...valuePaths(value.left), ...valuePaths(value.right)];
  }
}
