import assert from "node:assert/strict";

/** How a thing may be: as this text says, or (undefined) not there at all. */
export type State = string | undefined;

/**
 * What a client knows of things in a cloud that may be killed at any moment. A change whose answer came is certain;
 * one whose answer got lost was made or not, and the next look tells.
 */
export class Ledger {
  readonly #what: string;
  readonly #possible = new Map<string, readonly State[]>();

  constructor(what: string) {
    this.#what = what;
  }

  /** Asks for a change. When `request` rejects, each of these things may be as before or as it was to become. */
  async change<T>(
    changes: readonly (readonly [key: string, to: State])[],
    request: () => Promise<T>,
  ): Promise<T> {
    for (const [key, to] of changes)
      this.#possible.set(key, [...(this.#possible.get(key) ?? [undefined]), to]);
    const answer = await request();
    for (const [key, to] of changes) this.#possible.set(key, [to]);
    return answer;
  }

  /** The keys of what is there for certain. */
  present(): string[] {
    return [...this.#possible].flatMap(([key, states]) => (states.includes(undefined) ? [] : key));
  }

  /** How a thing is, when that is certain. */
  stateOf(key: string): State {
    const states = this.#possible.get(key) ?? [];
    return states.length === 1 ? states[0] : undefined;
  }

  /** Compares all that was found with all that may be, and from now on knows it for certain. */
  check(found: ReadonlyMap<string, string>): void {
    for (const [key, states] of this.#possible) {
      const state = found.get(key);
      assert.ok(
        states.includes(state),
        `${this.#what} ${key} ${describe([state])}, and must be ${describe(states)}`,
      );
      this.#possible.set(key, [state]);
    }
    for (const key of found.keys())
      assert.ok(this.#possible.has(key), `${this.#what} ${key} was never asked for`);
  }

  get size(): number {
    return this.present().length;
  }
}

function describe(states: readonly State[]): string {
  return states.map((state) => (state === undefined ? "not there" : `"${state}"`)).join(" or ");
}
