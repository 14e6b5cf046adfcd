/** The first Node.js that has all that Flyball uses. */
export const NODE_VERSION_MIN = "22.15.0";

/** What is wrong with a version of Node.js; undefined when nothing is. */
export function complaintAbout(version: string): string | undefined {
  if (!isOlder(version, NODE_VERSION_MIN)) return undefined;
  return `Node.js ${version} is too old: Flyball needs ${NODE_VERSION_MIN} or later (https://nodejs.org/en/download).`;
}

function isOlder(version: string, than: string): boolean {
  const left = version.split(".").map(Number);
  const right = than.split(".").map(Number);
  const at = right.findIndex((part, index) => part !== left[index]);
  return at >= 0 && (left[at] || 0) < (right[at] || 0);
}
