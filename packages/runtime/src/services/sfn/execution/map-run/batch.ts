import type {
  ItemBatcher,
  Json,
  JsonObject,
  QueryLanguage,
} from "../../../../states-language/definition.ts";
import type { Moment } from "../../../../states-language/flow.ts";
import { evaluateJsonata } from "../../../../states-language/jsonata.ts";
import { readPath } from "../../../../states-language/jsonpath/path.ts";
import { StatesError } from "../../../../states-language/states-error.ts";
import { fillTemplate } from "../../../../states-language/template.ts";
import { PAYLOAD_BYTES_MAX } from "../execution.ts";
import type { ChildInput } from "./map-run.ts";

/** Each item alone, as a child execution without an ItemBatcher gets it. */
export function unbatched(items: readonly Json[]): ChildInput[] {
  return items.map((input) => ({ input, itemCount: 1 }));
}

/**
 * The items in batches: each as many as may be, in their order. A child gets `Items`, and `BatchInput` where the
 * batcher adds some. Source: the Step Functions developer guide, "ItemBatcher".
 * @throws StatesError `States.Runtime`, `States.QueryEvaluationError`.
 */
export async function batched(
  batcher: ItemBatcher,
  language: QueryLanguage,
  moment: Moment,
  items: readonly Json[],
): Promise<ChildInput[]> {
  const countMax = (await limitOf(batcher, "MaxItemsPerBatch", language, moment)) ?? Infinity;
  const bytesMax = await limitOf(batcher, "MaxInputBytesPerBatch", language, moment);
  const common = await batchInputOf(batcher, language, moment);
  const room =
    Math.min(bytesMax ?? Infinity, PAYLOAD_BYTES_MAX) - bytesOf({ ...common, Items: [] });
  const batches: Json[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item) + 1;
    const batch = batches.at(-1);
    if (batch && batch.length < countMax && bytes + size <= room) {
      batch.push(item);
      bytes += size;
    } else {
      batches.push([item]);
      bytes = size;
    }
  }
  return batches.map((Items) => ({ input: { ...common, Items }, itemCount: Items.length }));
}

async function batchInputOf(
  { BatchInput }: ItemBatcher,
  language: QueryLanguage,
  { input, scope }: Moment,
): Promise<JsonObject> {
  if (BatchInput === undefined) return {};
  return {
    BatchInput:
      language === "JSONata"
        ? await evaluateJsonata(BatchInput, { input, scope, field: "ItemBatcher/BatchInput" })
        : fillTemplate(BatchInput, input, scope),
  };
}

async function limitOf(
  batcher: ItemBatcher,
  field: "MaxItemsPerBatch" | "MaxInputBytesPerBatch",
  language: QueryLanguage,
  { input, scope }: Moment,
): Promise<number | undefined> {
  const written = batcher[field];
  const path = batcher[`${field}Path`];
  const value =
    path !== undefined
      ? readPath(path, input, scope)
      : language === "JSONata" && typeof written === "string"
        ? await evaluateJsonata(written, { input, scope, field: `ItemBatcher/${field}` })
        : written;
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new StatesError(
    "States.Runtime",
    `The field '${field}' must be a positive integer but was: ${JSON.stringify(value)}`,
  );
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
