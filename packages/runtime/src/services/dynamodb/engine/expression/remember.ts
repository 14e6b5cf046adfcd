/** How many texts each parser's results are kept for. Applications have far fewer; a text with literals in it can't be. */
const MAX_REMEMBERED = 1000;

/** A parser that keeps what it made of the texts that it saw last. What it throws is not kept. */
export function remembering<T>(parse: (text: string) => T): (text: string) => T {
  const remembered = new Map<string, T>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const result = parse(text);
    if (remembered.size >= MAX_REMEMBERED) {
      const [oldest] = remembered.keys();
      remembered.delete(oldest!);
    }
    remembered.set(text, result);
    return result;
  };
}
