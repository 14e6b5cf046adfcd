/** Whether a text is JSON (RFC 8259), of any kind of value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
