import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ServiceError } from "../errors.ts";

/** The largest body of any request: a function's code of 50 MB, in base64 with room for the rest. */
export const BODY_BYTES_MAX = 72 * 2 ** 20;
/** What an RPC request may have: the largest that AWS takes is DynamoDB's 16 MB. */
export const RPC_BODY_BYTES_MAX = 20 * 2 ** 20;

const unzip = promisify(gunzip);

/**
 * Reads a request's body, unzipped. Throws `RequestEntityTooLargeException` (413) as soon as it is known to be too
 * large, zipped or not, and `SerializationException` when it cannot be unzipped.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? await unzipped(body, bytesMax) : body;
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

function tooLarge(bytesMax: number): ServiceError {
  return new ServiceError(
    "RequestEntityTooLargeException",
    `Request must be smaller than ${bytesMax} bytes.`,
    { httpStatus: 413 },
  );
}
