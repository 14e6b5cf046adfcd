/** Members that an error carries beside its message, as its SDK schema names them. */
export type ErrorFields = Readonly<Record<string, unknown>>;

/**
 * An error that a service answers with. `code` is the error's shape name in the SDK (`QueueDoesNotExist`); the wire
 * knows from the SDK's schema its HTTP status, its members and what older protocols call it. An error that the
 * schemas don't have (`ValidationError`, `ThrottlingException` from common errors) is sent with `httpStatus`.
 */
export class ServiceError extends Error {
  override readonly name: string = "ServiceError";
  readonly code: string;
  readonly httpStatus: number | undefined;
  readonly fields: ErrorFields;

  constructor(
    code: string,
    message: string,
    options: { httpStatus?: number; fields?: ErrorFields } = {},
  ) {
    super(message);
    this.code = code;
    this.httpStatus = options.httpStatus;
    this.fields = options.fields ?? {};
  }
}

/** Whether `error` is the service error of one of these codes. */
export function isServiceError(error: unknown, ...codes: string[]): error is ServiceError {
  return error instanceof ServiceError && (codes.length === 0 || codes.includes(error.code));
}
