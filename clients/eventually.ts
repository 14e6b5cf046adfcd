const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/**
 * What `look` finds as soon as it is what is waited for; the last that it found, when that does not come. It is the
 * thing itself that is waited for: asserting on it is the caller's.
 */
export async function eventually<T>(
  look: () => Promise<T>,
  isIt: (found: T) => boolean,
): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (isIt(found) || performance.now() > giveUpAt) return found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
