// The function: it takes a document out of the queue and has its text recognised.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Semaphore } from "@flyball/semaphore";

const { OCR_URL, OCR_IN_FLIGHT_MAX, OCR_STARTS_PER_SECOND_MAX } = process.env;
const { SEMAPHORE_TABLE, SEMAPHORE = "" } = process.env;

/** Made once for each execution environment. Without a table there is none: that is the first run. */
const semaphore = SEMAPHORE_TABLE
  ? new Semaphore({
      client: new DynamoDBClient({}),
      table: SEMAPHORE_TABLE,
      name: SEMAPHORE,
      limit: Number(OCR_IN_FLIGHT_MAX),
      startsPerSecond: Number(OCR_STARTS_PER_SECOND_MAX),
    })
  : undefined;

export async function handler({ Records }: { Records: { body: string }[] }): Promise<void> {
  for (const { body: document } of Records) {
    if (semaphore) await semaphore.run(() => recognise(document), { owner: document });
    else await recognise(document);
  }
}

async function recognise(document: string): Promise<string> {
  const answer = await fetch(`${OCR_URL}/${encodeURIComponent(document)}`, { method: "POST" });
  // The message goes back to its queue, and to the dead letters after three receives.
  if (!answer.ok) throw new Error(`OCR of ${document}: HTTP ${answer.status}`);
  return answer.text();
}
