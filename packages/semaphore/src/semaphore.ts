import { AcquireTimeout, type LeaseLost } from "./errors.ts";
import { type Logger, logTo, type OnEvent, type SemaphoreEvent } from "./events.ts";
import { initializeItem } from "./initialize.ts";
import { type Inspection, inspectionOf } from "./inspect.ts";
import { Lease } from "./lease.ts";
import { Line } from "./line.ts";
import { RecordBook, type Records } from "./records.ts";
import { Request } from "./request.ts";
import { ServerTime } from "./server-time.ts";
import { type DynamoDBSender, ItemAccess } from "./table.ts";
import { systemTime, type Time } from "./time.ts";

const LEASE_MS_DEFAULT = 15_000;
const LEASE_MS_MIN = 200;
/** The key attribute of the original functions' table. */
const KEY_ATTRIBUTE_DEFAULT = "LockName";

export interface SemaphoreOptions {
  /** A `DynamoDBClient`. Semaphores of one client, table and name share their looks and writes. */
  readonly client: DynamoDBSender;
  readonly table: string;
  /** The semaphore's name: its item's key. */
  readonly name: string;
  /** The table's partition key; "LockName" by default. */
  readonly keyAttribute?: string;
  /** Units that may be out at once. All who use the semaphore give the same. */
  readonly limit: number;
  /** Starts a second, any fraction; without it they have no rate. All who use the semaphore give the same. */
  readonly startsPerSecond?: number;
  /**
   * How long a holder lives without renewing, ms; 15 s by default. The item keeps what was given when it was created;
   * that counts.
   */
  readonly leaseMs?: number;
  /**
   * Waiters are served in the order in which they asked. Standing in line costs nothing more than not standing in
   * line, so it is kept whatever is given here.
   */
  readonly fair?: boolean;
  /** Who holds, for people to read, where `acquire` doesn't say; the function's or machine's name by default. */
  readonly owner?: string;
  /** Creates the item where it is missing; true by default. */
  readonly create?: boolean;
  readonly logger?: Logger;
  readonly onEvent?: OnEvent;
  /**
   * Who stays longer than `afterMs` (5 s by default), in line or with units, leaves a record beside the item that says
   * who it is: `inspect` shows it. Infinity leaves none.
   */
  readonly recordAfterMs?: number;
  /** For tests. */
  readonly time?: Time;
}

export interface AcquireOptions {
  /** 1 by default. */
  readonly units?: number;
  readonly owner?: string;
  /** Rejects with {@link AcquireTimeout} after this long; without it, waits as long as it takes. */
  readonly timeoutMs?: number;
  /** Rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A limit on how many work at once, and on how fast new work may start, shared by all who use the same item of a
 * DynamoDB table.
 */
export class Semaphore {
  readonly name: string;
  readonly table: string;
  readonly limit: number;
  readonly #options: SemaphoreOptions;
  readonly #line: Line;
  readonly #time: Time;
  readonly #serverTime: ServerTime;
  readonly #access: ItemAccess;
  readonly #records: Records;
  readonly #owner: string;
  readonly #tell: OnEvent;

  constructor(options: SemaphoreOptions) {
    checkOptions(options);
    const { client, table, name, limit, startsPerSecond, create = true } = options;
    this.name = name;
    this.table = table;
    this.limit = limit;
    this.#options = options;
    this.#owner = options.owner ?? ownerByDefault();
    const log = options.logger ? logTo(options.logger, name) : undefined;
    this.#tell = (event) => {
      log?.(event);
      options.onEvent?.(event);
    };
    const shared = sharedOf(client, options, (world) => {
      const { access, serverTime, time } = world;
      const prepare = async () => {
        await initializeItem(access, this.#leaseMs, serverTime.now());
      };
      const startGap = startsPerSecond === undefined ? undefined : 1 / startsPerSecond;
      const terms = { limit, startGap };
      const onEvent = (event: SemaphoreEvent) => world.tell(event);
      return new Line({ name, table, access, prepare, create, terms, time, serverTime, onEvent });
    });
    // What concerns no single request is told once, to whoever came last: a program may make many for the same.
    shared.tell = this.#tell;
    this.#line = shared.line;
    this.#time = shared.time;
    this.#serverTime = shared.serverTime;
    this.#access = shared.access;
    this.#records = shared.records;
  }

  get #leaseMs(): number {
    return this.#options.leaseMs ?? LEASE_MS_DEFAULT;
  }

  /**
   * Creates the item if it is missing, and adds what this library needs to an item of the original functions. `acquire`
   * does so by itself unless `create` is false.
   */
  async initialize(): Promise<void> {
    await initializeItem(this.#access, this.#leaseMs, this.#serverTime.now());
  }

  /** Waits for the units, and where starts have a rate for the start time. */
  async acquire({
    units = 1,
    owner = this.#owner,
    timeoutMs,
    signal,
  }: AcquireOptions = {}): Promise<Lease> {
    if (!Number.isSafeInteger(units) || units < 1 || units > this.limit)
      throw new RangeError(
        `units is ${units}; semaphore "${this.name}" gives 1 to ${this.limit} at once`,
      );
    const askedAt = this.#time.monotonic();
    const wish = { units, owner, timeoutMs, signal, askedAt };
    while (true) {
      signal?.throwIfAborted();
      const lease = await this.#attempt(wish);
      if (lease !== undefined) return lease;
    }
  }

  /** Undefined where the units were called, and lost again before the start time came. */
  async #attempt(wish: Wish): Promise<Lease | undefined> {
    const { units, owner, timeoutMs = Number.POSITIVE_INFINITY, askedAt } = wish;
    const request = new Request(units, askedAt + timeoutMs);
    const record = this.#records.open(request, owner);
    this.#line.enter(request);
    try {
      await this.#orGiveUp(request, wish);
      if (request.lostBecause === undefined && this.#line.isHeld(request))
        return this.#lease(request, owner, askedAt, record);
    } catch (error) {
      record.close();
      this.#line.leave(request);
      if (error instanceof AcquireTimeout)
        this.#tell({ type: "gave up", units, waitedMs: error.waitedMs });
      throw error;
    }
    record.close();
    this.#line.leave(request);
    return undefined;
  }

  /** Acquires, runs `work`, releases, whatever comes of it. `work` is given the lease: heed its `signal`. */
  async run<T>(work: (lease: Lease) => Promise<T> | T, options?: AcquireOptions): Promise<T> {
    await using lease = await this.acquire(options);
    return await work(lease);
  }

  /** Who holds what since when, who waits, and how start times stand. Two reads, no write. */
  async inspect(): Promise<Inspection> {
    const { item } = await this.#access.read();
    return inspectionOf(item, {
      name: this.name,
      keyAttribute: this.#options.keyAttribute ?? KEY_ATTRIBUTE_DEFAULT,
      limit: this.limit,
      now: this.#serverTime.now(),
      recordsOf: (tickets) => this.#records.read(tickets),
    });
  }

  /** Resolves when the request has its units, and its start time has come. */
  async #orGiveUp(request: Request, { timeoutMs, signal, askedAt }: Wish): Promise<void> {
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const cancelTimeout =
      timeoutMs === undefined
        ? () => {}
        : this.#time.timer(askedAt + timeoutMs - this.#time.monotonic(), () => {
            const waitedMs = this.#time.monotonic() - askedAt;
            reject(new AcquireTimeout(this.name, request.units, waitedMs));
          });
    let cancelStart = () => {};
    try {
      await Promise.race([request.ready, givenUp]);
      const { startAt } = request;
      if (startAt !== undefined) {
        const started = new Promise<void>((resolve) => {
          const wait = () => {
            const leftMs = this.#serverTime.until(startAt * 1000);
            if (leftMs <= 0) resolve();
            else cancelStart = this.#time.timer(Math.ceil(leftMs), wait);
          };
          wait();
        });
        await Promise.race([started, givenUp]);
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      cancelTimeout();
      cancelStart();
    }
  }

  #lease(request: Request, owner: string, askedAt: number, record: { close(): void }): Lease {
    const line = this.#line;
    const acquiredAtMonotonic = this.#time.monotonic();
    const inUse = () => ({ held: line.held, waiting: line.waiting });
    const { units } = request;
    const lease: Lease = new Lease(line, request, {
      owner,
      acquiredAt: this.#serverTime.now(),
      onReleased: () => {
        record.close();
        const heldMs = this.#time.monotonic() - acquiredAtMonotonic;
        this.#tell({ type: "released", units, token: lease.token, heldMs, ...inUse() });
      },
      onLost: (error: LeaseLost) => {
        record.close();
        this.#tell({ type: "lost", token: error.token, why: error.message });
      },
    });
    const waitedMs = acquiredAtMonotonic - askedAt;
    this.#tell({ type: "acquired", units, token: lease.token, waitedMs, ...inUse() });
    return lease;
  }
}

interface Wish {
  readonly units: number;
  readonly owner: string;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** By the monotonic clock. */
  readonly askedAt: number;
}

interface Shared extends World {
  readonly line: Line;
}

interface World {
  tell: OnEvent;
  readonly access: ItemAccess;
  readonly serverTime: ServerTime;
  readonly time: Time;
  readonly records: Records;
}

const sharedOfClients = new WeakMap<DynamoDBSender, Map<string, Shared>>();
const serverTimes = new WeakMap<DynamoDBSender, ServerTime>();

/** Semaphores of one process that mean the same are one. */
function sharedOf(
  client: DynamoDBSender,
  options: SemaphoreOptions,
  makeLine: (world: World) => Line,
): Shared {
  const { table, name, keyAttribute = KEY_ATTRIBUTE_DEFAULT, time = systemTime } = options;
  const { limit, startsPerSecond = null, create = true, recordAfterMs = null } = options;
  const shared = sharedOfClients.get(client) ?? new Map<string, Shared>();
  sharedOfClients.set(client, shared);
  const meaning = [table, name, keyAttribute, limit, startsPerSecond, create, recordAfterMs];
  const identity = JSON.stringify(meaning);
  const known = shared.get(identity);
  if (known && known.time === time) return known;
  const serverTime = serverTimes.get(client) ?? new ServerTime(time);
  serverTimes.set(client, serverTime);
  const key = { [keyAttribute]: { S: name } };
  const access = new ItemAccess(client, { table, key }, time, serverTime);
  const records = new RecordBook({
    client,
    table,
    name,
    keyAttribute,
    time,
    serverTime,
    afterMs: recordAfterMs ?? undefined,
  });
  const world: World = { tell: () => {}, access, serverTime, time, records };
  const made = Object.assign(world, { line: makeLine(world) });
  shared.set(identity, made);
  return made;
}

function checkOptions({ limit, startsPerSecond, leaseMs }: SemaphoreOptions): void {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new RangeError(`limit is ${limit}; it is a whole number of units, at least 1`);
  if (startsPerSecond !== undefined && !(startsPerSecond > 0 && Number.isFinite(startsPerSecond)))
    throw new RangeError(`startsPerSecond is ${startsPerSecond}; it is a number above 0`);
  if (leaseMs !== undefined && !(Number.isSafeInteger(leaseMs) && leaseMs >= LEASE_MS_MIN))
    throw new RangeError(`leaseMs is ${leaseMs}; it is a whole number, at least ${LEASE_MS_MIN}`);
}

function ownerByDefault(): string {
  const {
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
    HOSTNAME,
  } = process.env;
  return functionName
    ? `${functionName} ${stream ?? ""}`.trim()
    : `${HOSTNAME ?? "pid"}:${process.pid}`;
}
