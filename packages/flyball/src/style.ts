import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Text in a style, where a person looks at a terminal that wants it (`NO_COLOR` and pipes do not). */
export function styled(
  style: Style,
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(style, text, { stream, validateStream: true });
}
