import type { Json, JsonObject } from "../definition.ts";
import { checkLanguage } from "./fields.ts";
import { checkJsonata } from "./jsonata.ts";
import { checkIntegerField } from "./number-field.ts";
import { checkReferencePath, checkTemplate } from "./paths.ts";
import { checkInnerScope } from "./scope.ts";
import { type CheckedState, expressionsOf } from "./state.ts";

const READER_RESOURCES = /^arn:aws[a-z-]*:states:::s3:(?:getObject|listObjectsV2)$/;
const WRITER_RESOURCE = /^arn:aws[a-z-]*:states:::s3:putObject$/;
const INPUT_TYPES = ["CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"];
/** Source: the developer guide, "Distributed mode": "a label can't exceed 40 characters". */
const LABEL_LENGTH_MAX = 40;
const LABEL_FORBIDDEN = /[\s?*<>{}[\]:;,\\|^~$#%&`"\p{Cc}]/u;

const COUNT = { min: 0 };
const MAX_ITEMS = { min: 0, max: 100_000_000 };
const MAX_INPUT_BYTES = { min: 0, max: 262_144 };

/**
 * A Map's own fields and what it runs. What only a distributed Map uses (`ItemReader`, `Label`, …) AWS takes in an inline
 * one too. Wording: floci issue 3733 and cdk_preflight's rule pf-sfn-asl-map-distributed, measured.
 */
export function checkMap(checked: CheckedState): void {
  const { state, language, place, report } = checked;
  report.exactlyOne(state, ["ItemProcessor", "Iterator"], place);
  if (language === "JSONPath") {
    report.atMostOne(state, ["ItemSelector", "Parameters"], place);
    if (state.ItemSelector !== undefined) {
      checkTemplate(state.ItemSelector, `${place}/ItemSelector`, report);
    }
    if (state.ItemsPath !== undefined) {
      checkReferencePath(state.ItemsPath, `${place}/ItemsPath`, report, "context");
    }
  } else {
    expressionsOf(checked, "ItemSelector", "arguments");
    checkItems(checked);
  }
  checkLimits(checked);
  checkProcessor(checked);
  if (state.Label !== undefined) checkLabel(state.Label, checked);
  if (state.ItemReader !== undefined) checkReader(state.ItemReader, checked);
  if (state.ItemBatcher !== undefined) checkBatcher(state.ItemBatcher, checked);
  if (state.ResultWriter !== undefined) checkWriter(state.ResultWriter, checked);
}

function checkItems(checked: CheckedState): void {
  const { state, place, report } = checked;
  const { Items: items } = state;
  if (items === undefined) return;
  expressionsOf(checked, "Items", "arguments");
  if (typeof items === "string" && items.startsWith("{%")) return;
  if (typeof items !== "object" || items === null) report.isA("array", items, `${place}/Items`);
}

function checkLimits(checked: CheckedState): void {
  const { state, language, place, report } = checked;
  for (const field of ["MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"]) {
    report.atMostOne(state, [field, `${field}Path`], place);
    const path = state[`${field}Path`];
    if (path !== undefined && language === "JSONPath") {
      checkReferencePath(path, `${place}/${field}Path`, report, "variable");
    }
  }
  checkIntegerField(checked, "MaxConcurrency", COUNT);
  checkIntegerField(checked, "ToleratedFailureCount", COUNT);
  const { ToleratedFailurePercentage: percentage } = state;
  if (percentage === undefined) return;
  if (language === "JSONata" && typeof percentage === "string" && percentage.startsWith("{%")) {
    expressionsOf(checked, "ToleratedFailurePercentage", "arguments");
  } else {
    const at = `${place}/ToleratedFailurePercentage`;
    report.isNumber(percentage, { min: 0, max: 100 }, at);
  }
}

/** The states that an item runs through. */
function checkProcessor({ state, place, surroundings, report }: CheckedState): void {
  for (const field of ["ItemProcessor", "Iterator"]) {
    const processor = state[field];
    if (processor === undefined) continue;
    const at = `${place}/${field}`;
    checkInnerScope(processor, "processor", at, surroundings);
    const config =
      typeof processor === "object" && !Array.isArray(processor) && processor?.ProcessorConfig;
    if (config === false || config === undefined || config === null) continue;
    if (!report.isObject(config, `${at}/ProcessorConfig`)) continue;
    checkConfig(config, `${at}/ProcessorConfig`, { surroundings, report });
  }
}

function checkConfig(
  config: JsonObject,
  at: string,
  { surroundings, report }: Pick<CheckedState, "surroundings" | "report">,
): void {
  const { Mode: mode, ExecutionType: type } = config;
  if (mode !== undefined) report.isOneOf(mode, ["INLINE", "DISTRIBUTED"], `${at}/Mode`);
  if (mode === "DISTRIBUTED") {
    report.allowsOnly(config, new Set(["Mode", "ExecutionType"]), at);
    report.requires(config, ["ExecutionType"], at);
    if (type !== undefined) report.isOneOf(type, ["STANDARD", "EXPRESS"], `${at}/ExecutionType`);
    if (surroundings.express) {
      report.schema(
        "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
        `${at}/Mode`,
      );
    }
  } else {
    report.allowsOnly(config, new Set(["Mode"]), at);
  }
}

function checkLabel(label: Json, { place, surroundings, report }: CheckedState): void {
  const at = `${place}/Label`;
  if (!report.isA("string", label, at)) return;
  const text = label as string;
  if (text === "") {
    report.error("INVALID_LABEL_NAME", "Label cannot be empty", at);
  } else if (text.length > LABEL_LENGTH_MAX) {
    report.error("INVALID_LABEL_NAME", `Label cannot exceed ${LABEL_LENGTH_MAX} characters`, at);
  } else if (LABEL_FORBIDDEN.test(text)) {
    report.error("INVALID_LABEL_NAME", `Label contains invalid characters: ${text}`, at);
  } else if (surroundings.labels.has(text)) {
    report.error("DUPLICATE_LABEL_NAME", `Duplicate label name: ${text}`, at);
  }
  surroundings.labels.add(text);
}

function checkReader(reader: Json, checked: CheckedState): void {
  const { language, place, report } = checked;
  const at = `${place}/ItemReader`;
  if (!report.isObject(reader, at)) return;
  report.requires(reader, ["Resource"], at);
  report.allowsOnly(reader, new Set(["Resource", "Parameters", "Arguments", "ReaderConfig"]), at);
  checkLanguage(reader, language, report, at);
  checkResourceOf(reader, at, READER_RESOURCES, report);
  checkArguments(reader, at, checked);
  const { ReaderConfig: config } = reader;
  if (config === undefined || !report.isObject(config, `${at}/ReaderConfig`)) return;
  checkReaderConfig(config, `${at}/ReaderConfig`, checked);
}

function checkReaderConfig(
  config: JsonObject,
  at: string,
  { language, report }: CheckedState,
): void {
  checkLanguage(config, language, report, at);
  const { InputType: type, CSVHeaderLocation: header } = config;
  if (type !== undefined) report.isOneOf(type, INPUT_TYPES, `${at}/InputType`);
  if (type === "CSV") {
    if (header === undefined) report.schema("The field 'CSVHeaderLocation' is required", at);
    else report.isOneOf(header, ["FIRST_ROW", "GIVEN"], `${at}/CSVHeaderLocation`);
    if (header === "GIVEN") report.requires(config, ["CSVHeaders"], at);
  } else if (header !== undefined) {
    report.schema("Field 'CSVHeaderLocation' is not supported", at);
  }
  checkPair({ state: config, language, place: at, report }, "MaxItems", MAX_ITEMS);
}

function checkBatcher(batcher: Json, checked: CheckedState): void {
  const { language, place, report } = checked;
  const at = `${place}/ItemBatcher`;
  if (!report.isObject(batcher, at)) return;
  checkLanguage(batcher, language, report, at);
  const inner = { state: batcher, language, place: at, report };
  checkPair(inner, "MaxItemsPerBatch", COUNT);
  checkPair(inner, "MaxInputBytesPerBatch", MAX_INPUT_BYTES);
  if (batcher.BatchInput === undefined) return;
  if (language === "JSONata")
    checkJsonata(batcher.BatchInput, `${at}/BatchInput`, "arguments", report);
  else checkTemplate(batcher.BatchInput, `${at}/BatchInput`, report);
}

/** A number, and the path in its place. */
function checkPair(
  holder: Pick<CheckedState, "state" | "language" | "place" | "report">,
  field: string,
  range: { readonly min: number; readonly max?: number },
): void {
  const { state, language, place, report } = holder;
  report.atMostOne(state, [field, `${field}Path`], place);
  checkIntegerField(holder, field, range);
  const path = state[`${field}Path`];
  if (path !== undefined && language === "JSONPath") {
    checkReferencePath(path, `${place}/${field}Path`, report, "variable");
  }
}

function checkWriter(writer: Json, checked: CheckedState): void {
  const { language, place, report } = checked;
  const at = `${place}/ResultWriter`;
  if (!report.isObject(writer, at)) return;
  report.allowsOnly(writer, new Set(["Resource", "Parameters", "Arguments", "WriterConfig"]), at);
  checkLanguage(writer, language, report, at);
  checkResourceOf(writer, at, WRITER_RESOURCE, report);
  checkArguments(writer, at, checked);
  const { WriterConfig: config } = writer;
  if (config === undefined || !report.isObject(config, `${at}/WriterConfig`)) return;
  const { Transformation, OutputType } = config;
  if (Transformation !== undefined) {
    report.isOneOf(
      Transformation,
      ["NONE", "COMPACT", "FLATTEN"],
      `${at}/WriterConfig/Transformation`,
    );
  }
  if (OutputType !== undefined) {
    report.isOneOf(OutputType, ["JSON", "JSONL"], `${at}/WriterConfig/OutputType`);
  }
}

function checkResourceOf(
  holder: JsonObject,
  place: string,
  allowed: RegExp,
  report: CheckedState["report"],
): void {
  const { Resource: resource } = holder;
  if (resource === undefined || !report.isA("string", resource, `${place}/Resource`)) return;
  if (!allowed.test(resource as string)) {
    report.schema(
      "The field 'Resource' does not match any of the allowed values",
      `${place}/Resource`,
    );
  }
}

function checkArguments(
  holder: JsonObject,
  place: string,
  { language, report }: CheckedState,
): void {
  if (language === "JSONata") {
    if (holder.Arguments !== undefined) {
      checkJsonata(holder.Arguments, `${place}/Arguments`, "arguments", report);
    }
  } else if (holder.Parameters !== undefined) {
    checkTemplate(holder.Parameters, `${place}/Parameters`, report);
  }
}
