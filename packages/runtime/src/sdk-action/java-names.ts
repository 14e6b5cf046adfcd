/**
 * The names by which Step Functions and EventBridge Scheduler know what AWS's SDKs call: those of the SDK for Java 2.
 * That is why `BOOL` of a DynamoDB attribute is `Bool` there (aws-sdk-js issue 4294), `NULL` is `Nul` (boto3 issue
 * 4253), and every member begins with a capital.
 */

/** An operation as an action: `SendMessage` is `sendMessage`. */
export function actionName(operation: string): string {
  return operation.charAt(0).toLowerCase() + operation.slice(1);
}

/**
 * A member as a parameter or in a result: `stateMachineArn` is `StateMachineArn`, `SSESpecification` is
 * `SseSpecification`, `ETag` and `MD5OfMessageBody`'s neighbours keep what is no run of capitals at their beginning.
 */
export function fieldName(member: string): string {
  const name = capitalized(withoutLeadingCapitals(member));
  // `null` is a word of Java's own.
  return name === "Null" ? "Nul" : name;
}

/**
 * An error's shape as an exception: `QueueDoesNotExist` is `QueueDoesNotExistException`, `KMSDisabledException` is
 * `KmsDisabledException`. Source: Step Functions developer guide, "Learning to use AWS service SDK integrations"
 * (errors are in Pascal case and end in Exception).
 */
export function exceptionName(shape: string): string {
  const name = capitalized(
    shape.replace(/[A-Z]+(?=[A-Z][a-z]|[0-9]|$)/g, (run) => capitalized(run.toLowerCase())),
  ).replace(/(Fault|Exception)$/, "");
  return `${name}Exception`;
}

/** Lowers the capitals that a name begins with, but for the one that begins its second word. */
function withoutLeadingCapitals(name: string): string {
  return name.replace(/^[A-Z]+?(?=[A-Z][a-z]|[^A-Z]|$)/, (run) => run.toLowerCase());
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
