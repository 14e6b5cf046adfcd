import type { InspectionData } from "@aws-sdk/client-sfn";
import type { Json, MapState, State } from "../../../states-language/definition.ts";
import {
  finish,
  itemInput,
  itemsOf,
  mapLimits,
  prepareInput,
} from "../../../states-language/flow.ts";
import { effectiveInput } from "../../../states-language/moment.ts";
import type { Subject } from "./subject.ts";

// Which steps are told of which type of state: recorded answers of AWS, `test_test_state_scenarios`,
// `test_test_state_mock_scenarios` and `test_state_configuration` in localstack/localstack.

/**
 * What the work of a state gets, and the steps to it. A Pass with a `Result` has none of them; `afterParameters` is
 * of a Task and a Pass, `afterArguments` of a Task.
 */
export async function inspectInput(subject: Subject, inspection: InspectionData): Promise<Json> {
  const { state, language } = subject;
  if (state.Type === "Pass" && state.Result !== undefined) return subject.input;
  if (language === "JSONPath")
    inspection.afterInputPath = JSON.stringify(effectiveInput(state, subject));
  const prepared = await prepareInput(state, language, subject);
  if (language === "JSONPath") {
    if (state.Type === "Task" || state.Type === "Pass")
      inspection.afterParameters = JSON.stringify(prepared);
  } else if (state.Type === "Task" && state.Arguments !== undefined) {
    inspection.afterArguments = JSON.stringify(prepared);
  }
  return prepared;
}

/** The steps from the result of the work to the output. */
export async function inspectFinish(
  subject: Subject,
  worked: Json,
  inspection: InspectionData,
): Promise<void> {
  const { state, language } = subject;
  const isPass = state.Type === "Pass";
  const result = isPass && state.Result !== undefined ? state.Result : worked;
  if (state.Type === "Task" || (isPass && state.Result !== undefined))
    inspection.result = JSON.stringify(result);
  if (language === "JSONata" || !(isPass || hasResult(state))) return;
  const step = async (without: Partial<State>) => {
    // What is left out of a state leaves it a state: each of these fields is optional.
    const shortened = { ...state, Assign: undefined, OutputPath: undefined, ...without } as State;
    const { output } = await finish(shortened, language, subject, worked);
    return JSON.stringify(output);
  };
  inspection.afterResultSelector = await step({ ResultPath: undefined } as Partial<State>);
  inspection.afterResultPath = await step({});
}

interface InspectedMap {
  /** Undefined where a reader gets them from elsewhere. */
  readonly items: readonly Json[] | undefined;
  readonly toleratedCount?: number;
  readonly toleratedPercentage?: number;
}

/** What a Map goes over, what each item starts with, and the Map's limits. */
export async function inspectMap(
  state: MapState,
  subject: Subject,
  inspection: InspectionData,
): Promise<InspectedMap> {
  const { language } = subject;
  const inJsonPath = language === "JSONPath";
  if (inJsonPath) inspection.afterInputPath = JSON.stringify(effectiveInput(state, subject));
  const items = await itemsUnderTest(state, subject);
  if (inJsonPath && state.ItemReader === undefined)
    inspection.afterItemsPath = JSON.stringify(items);
  if (items && (state.ItemSelector ?? state.Parameters) !== undefined) {
    const inputs: Json[] = [];
    for (const [index, value] of items.entries())
      inputs.push(await itemInput(state, language, subject, { index, value }));
    inspection.afterItemSelector = JSON.stringify(inputs);
  }
  const { maxConcurrency, toleratedCount, toleratedPercentage } = await mapLimits(
    state,
    language,
    subject,
  );
  inspection.maxConcurrency = Number.isFinite(maxConcurrency) ? maxConcurrency : 0;
  if (toleratedCount !== undefined) inspection.toleratedFailureCount = toleratedCount;
  if (toleratedPercentage !== undefined)
    inspection.toleratedFailurePercentage = toleratedPercentage;
  return {
    items,
    ...(toleratedCount === undefined ? {} : { toleratedCount }),
    ...(toleratedPercentage === undefined ? {} : { toleratedPercentage }),
  };
}

async function itemsUnderTest(
  state: MapState,
  subject: Subject,
): Promise<readonly Json[] | undefined> {
  if (state.ItemReader === undefined) return await itemsOf(state, subject.language, subject);
  const { mapItemReaderData } = subject;
  return Array.isArray(mapItemReaderData) ? mapItemReaderData : undefined;
}

function hasResult({ Type }: State): boolean {
  return Type === "Task" || Type === "Map" || Type === "Parallel";
}
