/**
 * What is to go wrong at the door, for every service alike: for which calls, for how many of them, and what happens
 * to these: an error by its AWS name, a delay, or both.
 */
export interface Fault {
  /** The service as the SDK's client is called here: `dynamodb`, `sqs`, `lambda`. */
  readonly service: string;
  /** `UpdateItem`; every operation of the service when left out. */
  readonly operation?: string;
  /** A name, URL or ARN that must stand in the call's input, whole or as its last part; any when left out. */
  readonly resource?: string;
  /** The share of these calls that it befalls, above 0 and up to 1; all when left out. */
  readonly share?: number;
  /** AWS's name of the error: `ThrottlingException`, `ProvisionedThroughputExceededException`, `AccessDeniedException`. */
  readonly error?: string;
  /** What the error says; a sentence of ours when left out. */
  readonly message?: string;
  /** Of the error, where the service's model does not know it; 400, or 500 for an internal error. */
  readonly httpStatus?: number;
  /** Waits so long before the call goes on, or fails. */
  readonly delayMs?: number;
}

const MEMBERS: Readonly<Record<keyof Fault, "string" | "number">> = {
  service: "string",
  operation: "string",
  resource: "string",
  share: "number",
  error: "string",
  message: "string",
  httpStatus: "number",
  delayMs: "number",
};

const DELAY_MS_MAX = 15 * 60 * 1000;

/** Reads a list of faults that somebody gave. Throws a `TypeError` that says what is wrong with which. */
export function readFaults(given: unknown, services: readonly string[]): Fault[] {
  if (!Array.isArray(given))
    throw new TypeError(
      'Faults are a list: [{"service": "dynamodb", "error": "ThrottlingException"}].',
    );
  return given.map((fault, index) => readFault(fault, `Fault ${index + 1}`, services));
}

function readFault(given: unknown, which: string, services: readonly string[]): Fault {
  if (typeof given !== "object" || given === null)
    throw new TypeError(`${which} is not an object.`);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(MEMBERS, name))
      throw new TypeError(
        `${which} has no "${name}"; it may have ${Object.keys(MEMBERS).join(", ")}.`,
      );
    const wanted = MEMBERS[name as keyof Fault];
    if (typeof value !== wanted) throw new TypeError(`${name} of ${which} is a ${wanted}.`);
  }
  // Every member that is there has just been checked.
  const fault = given as Fault;
  if (!services.includes(fault.service))
    throw new TypeError(
      `${which} names no service that is here ("${fault.service}"); there are ${services.join(", ")}.`,
    );
  if (fault.error === undefined && fault.delayMs === undefined)
    throw new TypeError(`${which} does nothing: give an error, a delayMs, or both.`);
  if (fault.share !== undefined && !(fault.share > 0 && fault.share <= 1))
    throw new TypeError(`share of ${which} is above 0 and up to 1, not ${fault.share}.`);
  if (fault.delayMs !== undefined && !(fault.delayMs >= 0 && fault.delayMs <= DELAY_MS_MAX))
    throw new TypeError(`delayMs of ${which} is 0 to ${DELAY_MS_MAX}, not ${fault.delayMs}.`);
  if (fault.httpStatus !== undefined && !(fault.httpStatus >= 400 && fault.httpStatus <= 599))
    throw new TypeError(`httpStatus of ${which} is 400 to 599, not ${fault.httpStatus}.`);
  return fault;
}
