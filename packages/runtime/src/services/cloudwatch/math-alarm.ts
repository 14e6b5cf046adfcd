import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Watched } from "./alarm.ts";
import { validationError } from "./errors.ts";

export function checkMathAlarm(_queries: MetricDataQuery[]): Watched {
  throw validationError("Exactly one element of the metrics list should return data.");
}
