import { connect, type Socket } from "node:net";
import { percentile } from "./figure.ts";

/** What a run of turns came to. */
export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds: half and 99 of 100 turns took no longer. */
  readonly p50: number;
  readonly p99: number;
}

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly turns: number;
  /** What is done on one connection, one after the other: mostly one exchange. */
  readonly turn: (connection: Connection, turn: number) => Promise<unknown>;
}

/** Takes turns over keep-alive connections, on each one after the other. */
export async function load({ port, connections, turns, turn }: Load): Promise<LoadResult> {
  const took: number[] = [];
  let next = 0;
  const opened = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const begun = performance.now();
  const workers = opened.map(async (connection) => {
    while (next < turns) {
      const sentAt = performance.now();
      next += 1;
      await turn(connection, next);
      took.push(performance.now() - sentAt);
    }
    connection.close();
  });
  await Promise.all(workers);
  const seconds = (performance.now() - begun) / 1000;
  return {
    perSecond: took.length / seconds,
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
  };
}

/**
 * A connection that reads no more of an answer than its status and length, so that the client takes little of the
 * machine that it shares with the server.
 */
export interface Connection {
  /** Resolves with the answer's body; rejects when its status is not 2xx. */
  exchange(request: Buffer): Promise<Buffer>;
  close(): void;
}

/** An answer whose status is not 2xx. */
export class Refusal extends Error {
  readonly body: Buffer;

  constructor(head: string, body: Buffer) {
    super(`${head}\n\n${body}`);
    this.body = body;
  }
}

export async function open(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let settle: { resolve: (body: Buffer) => void; reject: (error: Error) => void } | undefined;
  let received: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const headersEnd = received.indexOf("\r\n\r\n");
    if (headersEnd < 0) return;
    const head = received.toString("latin1", 0, headersEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const end = headersEnd + 4 + length;
    if (received.length < end) return;
    const body = received.subarray(headersEnd + 4, end);
    received = received.subarray(end);
    if (head.startsWith("HTTP/1.1 2")) settle?.resolve(body);
    else settle?.reject(new Refusal(head, body));
  });
  socket.on("error", (error) => settle?.reject(error));
  socket.on("close", () => settle?.reject(new Error("the server closed the connection")));
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

export function httpRequest(
  path: string,
  signingName: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `authorization: AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/${signingName}/aws4_request, SignedHeaders=host;x-amz-date, Signature=0`,
    `content-length: ${bytes.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}

/** A request of SQS's JSON protocol, as an SDK would send it. */
export function sqsRequest(operation: string, input: object): Buffer {
  const headers = {
    "x-amz-target": `AmazonSQS.${operation}`,
    "content-type": "application/x-amz-json-1.0",
  };
  return httpRequest("/", "sqs", headers, JSON.stringify(input));
}

/** A request of DynamoDB's JSON protocol, as an SDK would send it. */
export function dynamodbRequest(operation: string, input: object): Buffer {
  const headers = {
    "x-amz-target": `DynamoDB_20120810.${operation}`,
    "x-amz-date": "20260101T000000Z",
    "content-type": "application/x-amz-json-1.0",
  };
  return httpRequest("/", "dynamodb", headers, JSON.stringify(input));
}

/** A request of Step Functions' JSON protocol, as an SDK would send it. */
export function statesRequest(operation: string, input: object): Buffer {
  const headers = {
    "x-amz-target": `AWSStepFunctions.${operation}`,
    "content-type": "application/x-amz-json-1.0",
  };
  return httpRequest("/", "states", headers, JSON.stringify(input));
}

/** A request of EventBridge's JSON protocol, as an SDK would send it. */
export function eventsRequest(operation: string, input: object): Buffer {
  const headers = {
    "x-amz-target": `AWSEvents.${operation}`,
    "content-type": "application/x-amz-json-1.1",
  };
  return httpRequest("/", "events", headers, JSON.stringify(input));
}
