import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ServiceError } from "../errors.ts";

/** The largest body of any request: a function's code of 50 MB, in base64 with room for the rest. */
export const BODY_BYTES_MAX = 72 * 2 ** 20;
/** What an RPC request may have: the largest that AWS takes is DynamoDB's 16 MB. */
export const RPC_BODY_BYTES_MAX = 20 * 2 ** 20;

const NO_BODY = Buffer.alloc(0);
const unzip = promisify(gunzip);

/**
 * Reads a request's body, unzipped. Rejects with `RequestEntityTooLargeException` (413) as soon as it is known to be
 * too large, zipped or not, with `SerializationException` when it cannot be unzipped, and with `ClientGone` when it
 * does not come whole.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const { headers } = request;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined)
    return NO_BODY;
  if (Number(headers["content-length"] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const body = await received(request, bytesMax);
  return headers["content-encoding"] === "gzip" ? await unzipped(body, bytesMax) : body;
}

function received(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= bytesMax) return;
      // What still comes is let through unread, so that the client, which is still sending, can read the answer.
      request.off("data", onData).resume();
      chunks.length = 0;
      reject(tooLarge(bytesMax));
    };
    request.on("data", onData);
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    const onLost = () => {
      // Half a request: the client went away, or took longer than a request may.
      if (!request.complete) reject(notWhole());
    };
    request.once("error", onLost).once("close", onLost);
  });
}

async function unzipped(body: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax);
    throw new ServiceError("SerializationException", "The request body is not valid gzip.", {
      httpStatus: 400,
    });
  }
}

function notWhole(): ServiceError {
  return new ServiceError("ClientGone", "The request was not sent whole.", { httpStatus: 400 });
}

function tooLarge(bytesMax: number): ServiceError {
  return new ServiceError(
    "RequestEntityTooLargeException",
    `Request must be smaller than ${bytesMax} bytes.`,
    { httpStatus: 413 },
  );
}
