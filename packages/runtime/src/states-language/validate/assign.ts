import type { Json } from "../definition.ts";
import { checkJsonata } from "./jsonata.ts";
import { checkTemplate } from "./paths.ts";
import type { CheckedState } from "./state.ts";

/** Source: the developer guide, "Passing data between states with variables": "at most 80 characters". */
const NAME_LENGTH_MAX = 80;
const NAME = /^[\p{ID_Start}_][\p{ID_Continue}_]*$/u;

/**
 * The variables that a state, a choice rule or a catcher assigns. Wording of both refusals of a name: measured,
 * cdk_preflight's rule pf-sfn-asl-jsonpath-syntax.
 */
export function checkAssign(
  assign: Json,
  { language, report }: Pick<CheckedState, "language" | "report">,
  place: string,
  of: "own" | "catcher",
): void {
  if (!report.isObject(assign, place)) return;
  for (const written of Object.keys(assign)) {
    const name = language === "JSONPath" && written.endsWith(".$") ? written.slice(0, -2) : written;
    const at = `${place}/${written}`;
    if (name === "states") {
      report.error("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", at);
    } else if (!NAME.test(name)) {
      report.error(
        "INVALID_VARIABLE_NAME",
        `Invalid variable name '${name}': the variable name contains invalid characters.`,
        at,
      );
    } else if ([...name].length > NAME_LENGTH_MAX) {
      report.error(
        "INVALID_VARIABLE_NAME",
        `Invalid variable name '${name}': the variable name exceeds ${NAME_LENGTH_MAX} characters.`,
        at,
      );
    }
  }
  if (language === "JSONata") checkJsonata(assign, place, of, report);
  else checkTemplate(assign, place, report);
}
