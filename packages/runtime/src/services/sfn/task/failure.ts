import type { Cloud } from "../../../cloud.ts";
import { ServiceError } from "../../../errors.ts";
import { type ErrorModel, loadModel, type ServiceModel } from "../../../gateway/model/model.ts";
import { exceptionName } from "../../../sdk-action/java-names.ts";
import type { SdkService } from "../../../sdk-action/services.ts";
import { StatesError } from "../../../states-language/states-error.ts";
import type { OptimizedService } from "./optimized.ts";

/**
 * Whether an error is what a service answered: not a defect, and not because nobody waits any more, or the cloud stops
 * (an execution goes on from there at the next start, and must not be failed for it).
 */
export function isAnswer(cloud: Cloud, error: unknown, signal: AbortSignal): error is ServiceError {
  return error instanceof ServiceError && !signal.aborted && !cloud.stopping.aborted;
}

/**
 * A service's error as an optimized integration shows it: `DynamoDB.ConditionalCheckFailedException`, or the service's
 * general exception where the error is none of its model (`DynamoDB.AmazonDynamoDBException` for a
 * ValidationException). Source: histories recorded from AWS.
 */
export async function optimizedFailure(
  { errorPrefix, baseException, serviceName, queryCodes }: OptimizedService,
  { service }: SdkService,
  error: ServiceError,
  requestId: string,
): Promise<StatesError> {
  const model = await loadModel(service);
  const known = modelled(model, error);
  const name = known ? withSuffix(known.name) : baseException;
  const cause = [
    `Service: ${serviceName}`,
    `Status Code: ${statusOf(error, known)}`,
    `Error Code: ${(queryCodes && known?.queryCode) || error.code}`,
    `Request ID: ${requestId}`,
    "Proxy: null",
  ].join("; ");
  return new StatesError(`${errorPrefix}.${name}`, `${error.message} (${cause})`);
}

/**
 * A service's error as an integration of its SDK shows it: `DynamoDb.ConditionalCheckFailedException`,
 * `DynamoDb.DynamoDbException`. Source: histories recorded from AWS.
 */
export async function sdkFailure(
  { service, exceptionPrefix }: SdkService,
  error: ServiceError,
  requestId: string,
): Promise<StatesError> {
  const known = modelled(await loadModel(service), error);
  const name = known ? exceptionName(known.name) : `${exceptionPrefix}Exception`;
  const cause = `Service: ${exceptionPrefix}, Status Code: ${statusOf(error, known)}, Request ID: ${requestId}`;
  return new StatesError(
    `${exceptionPrefix}.${name}`,
    `${error.message} (${cause}) (SDK Attempt Count: 1)`,
  );
}

/** Version 1 of the SDK keeps a shape's name as it is. */
function withSuffix(shape: string): string {
  return shape.endsWith("Exception") ? shape : `${shape}Exception`;
}

function modelled({ errors }: ServiceModel, { code }: ServiceError): ErrorModel | undefined {
  return errors.get(code);
}

function statusOf(error: ServiceError, known: ErrorModel | undefined): number {
  return error.httpStatus ?? known?.httpStatus ?? 400;
}
