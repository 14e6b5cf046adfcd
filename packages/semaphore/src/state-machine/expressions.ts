import type { Terms } from "./terms.ts";

/** A value that is computed when the state runs: JSONata between the marks that the States Language gives it. */
export function jsonata(expression: string): string {
  return `{% ${expression} %}`;
}

/** A text of JSONata's. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A number of DynamoDB's, computed from a number. */
export function numberOf(expression: string): { readonly N: string } {
  return { N: jsonata(`$string(${expression})`) };
}

/** The semaphore's item. */
export function keyOf({ keyAttribute, name }: Terms): Record<string, { readonly S: string }> {
  return { [keyAttribute]: { S: name } };
}

/** The item by which a waiter's ticket is found: the ticket's number stands in the variable `$ticket`. */
export function ticketKeyOf({ keyAttribute, name }: Terms): Record<string, { readonly S: string }> {
  return { [keyAttribute]: { S: jsonata(`${quoted(`${name}#waiter#`)} & $string($ticket)`) } };
}
