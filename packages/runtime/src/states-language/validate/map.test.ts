import { test } from "node:test";
import type { JsonObject } from "../definition.ts";
import { inner, map, only, SCHEMA, table } from "./testing.ts";

test("Maps (cdk_preflight's pf-sfn-asl-map-distributed, floci issue 3733, measured)", async (context) => {
  const config = (ProcessorConfig: JsonObject) =>
    only(map({ ItemProcessor: { ...inner, ProcessorConfig } }));
  const at = "/States/X/ItemProcessor/ProcessorConfig";
  const reader = (ReaderConfig: JsonObject, Resource = "arn:aws:states:::s3:getObject") => {
    const ItemProcessor = {
      ...inner,
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    };
    return only(map({ ItemProcessor, ItemReader: { Resource, ReaderConfig } }));
  };
  await table(context, [
    [
      "nothing to run",
      only({ Type: "Map", End: true }),
      [
        SCHEMA,
        "This object should have only one of the following fields: [ItemProcessor, Iterator]",
        "/States/X",
      ],
    ],
    [
      "as it was called before 2022",
      only({ Type: "Map", End: true, Iterator: inner, Parameters: { "v.$": "$$.Map.Item.Value" } }),
    ],
    [
      "no type of execution",
      config({ Mode: "DISTRIBUTED" }),
      [SCHEMA, "These fields are required: [ExecutionType]", at],
    ],
    [
      "another type of execution",
      config({ Mode: "DISTRIBUTED", ExecutionType: "FAST" }),
      [SCHEMA, "Value should be one of the following: [STANDARD, EXPRESS]", `${at}/ExecutionType`],
    ],
    [
      "inline with a type of execution",
      config({ Mode: "INLINE", ExecutionType: "EXPRESS" }),
      [SCHEMA, "Field 'ExecutionType' is not supported", at],
    ],
    [
      "a percentage",
      only(map({ ToleratedFailurePercentage: 100.5 })),
      [SCHEMA, "Maximum value is 100.0", "/States/X/ToleratedFailurePercentage"],
    ],
    [
      "the Context object as a limit",
      only(map({ MaxConcurrencyPath: "$$.Execution.Input.n" })),
      [SCHEMA, "Value is not a Reference Path", "/States/X/MaxConcurrencyPath"],
    ],
    [
      "the Context object as items, a variable as a limit",
      only(map({ ItemsPath: "$$.Execution.Input.n", MaxConcurrencyPath: "$n" })),
    ],
    [
      "a CSV without a header",
      reader({ InputType: "CSV" }),
      [SCHEMA, "The field 'CSVHeaderLocation' is required", "/States/X/ItemReader/ReaderConfig"],
    ],
    [
      "another reader",
      reader({ InputType: "JSON" }, "arn:aws:states:::s3:putObject"),
      [
        SCHEMA,
        "The field 'Resource' does not match any of the allowed values",
        "/States/X/ItemReader/Resource",
      ],
    ],
    [
      "items of a batch",
      only(map({ ItemBatcher: { MaxItemsPerBatch: 1, MaxItemsPerBatchPath: "$.n" } })),
      [
        SCHEMA,
        "There should only be one of the following fields: [MaxItemsPerBatch, MaxItemsPerBatchPath]",
        "/States/X/ItemBatcher",
      ],
    ],
  ]);
});
