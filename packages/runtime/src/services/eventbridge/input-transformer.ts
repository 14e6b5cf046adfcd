import { isJson } from "../../json-text.ts";
/** What a template's placeholder stands for; undefined where the event has nothing at its path. */
export type Values = (name: string) => unknown;

/** A template, cut at its placeholders: where each one stands decides how its value is written. */
interface Piece {
  readonly text: string;
  readonly placeholder?: { readonly name: string; readonly quoted: boolean };
}

const PLACEHOLDER = /<([^<>\s"]+)>/y;

/** The names in the template's placeholders. */
export function placeholdersOf(template: string): string[] {
  return piecesOf(template).flatMap(({ placeholder }) => placeholder?.name ?? []);
}

/**
 * Fills in a template's placeholders. Between quotes a value is written as text, where objects and arrays lose their
 * quotes; outside of them as JSON, so that a string gets its quotes. What the event does not have is an empty string.
 * Source: EventBridge user guide, "Amazon EventBridge input transformation", "Input transformation examples" and
 * "Common issues with transforming input".
 */
export function fillIn(template: string, values: Values): string {
  return piecesOf(template)
    .map(({ text, placeholder }) => {
      if (!placeholder) return text;
      const value = values(placeholder.name) ?? "";
      return text + (placeholder.quoted ? asText(value) : JSON.stringify(value));
    })
    .join("");
}

/** Whether a filled-in template is JSON, or several lines of it, as a template of quoted lines makes. */
export function isJsonText(text: string): boolean {
  if (isJson(text)) return true;
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length > 1 && lines.every(isJson);
}

function asText(value: unknown): string {
  // Without its quotes, the escaped ones too; what else is escaped stays so, as it stands in a string now.
  if (typeof value === "object" && value !== null)
    return JSON.stringify(value).replace(/\\(.)|"/g, (found, escaped) =>
      found === '"' || escaped === '"' ? "" : found,
    );
  return JSON.stringify(String(value)).slice(1, -1);
}

function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < template.length; at += 1) {
    const character = template[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === "<") {
      PLACEHOLDER.lastIndex = at;
      const match = PLACEHOLDER.exec(template);
      if (!match) continue;
      pieces.push({ text: template.slice(from, at), placeholder: { name: match[1]!, quoted } });
      from = PLACEHOLDER.lastIndex;
      at = from - 1;
    }
  }
  pieces.push({ text: template.slice(from) });
  return pieces;
}
