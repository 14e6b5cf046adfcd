import { checkPathSyntax, type PathSyntax, parsePath } from "./syntax.ts";
import { Tokens } from "./tokens.ts";

/** Parses a projection: paths with commas between them. Throws ValidationException for wrong syntax and reserved words. */
export function parseProjection(text: string): readonly PathSyntax[] {
  const tokens = new Tokens("ProjectionExpression", text);
  const paths = [parsePath(tokens, [])];
  while (tokens.takeSymbol(",")) paths.push(parsePath(tokens, []));
  tokens.expectEnd();
  for (const path of paths) checkPathSyntax(tokens, path);
  return paths;
}
