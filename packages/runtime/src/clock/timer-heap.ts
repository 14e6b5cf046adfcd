/** Something that falls due at an instant, and knows its place in the heap that holds it. */
export interface Due {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What was set first is due first at one instant. */
  readonly order: number;
  readonly fire: () => void;
  /** Its index in the heap; -1 when it is in none. Written by the heap alone. */
  place: number;
}

/** A binary heap of what falls due, the next one first. Adding and removing any one take O(log n). */
export class TimerHeap {
  readonly #heap: Due[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** What is due next; undefined when there is nothing. */
  peek(): Due | undefined {
    return this.#heap[0];
  }

  add(due: Due): void {
    this.#rise(due, this.#heap.length);
  }

  /** Whether it was in the heap. */
  remove(due: Due): boolean {
    const { place } = due;
    if (place < 0) return false;
    due.place = -1;
    const last = this.#heap.pop()!;
    if (last !== due) {
      this.#rise(last, place);
      this.#sink(last, last.place);
    }
    return true;
  }

  /** Puts `due` at `place`, or as far above as it is due earlier. */
  #rise(due: Due, place: number): void {
    let at = place;
    while (at > 0) {
      const parent = this.#heap[(at - 1) >> 1]!;
      if (!isBefore(due, parent)) break;
      this.#put(parent, at);
      at = (at - 1) >> 1;
    }
    this.#put(due, at);
  }

  #sink(due: Due, place: number): void {
    let at = place;
    for (;;) {
      const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
      const child = right && isBefore(right, left!) ? right : left;
      if (!child || !isBefore(child, due)) break;
      const below = child.place;
      this.#put(child, at);
      at = below;
    }
    this.#put(due, at);
  }

  #put(due: Due, place: number): void {
    this.#heap[place] = due;
    due.place = place;
  }
}

function isBefore(left: Due, right: Due): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
