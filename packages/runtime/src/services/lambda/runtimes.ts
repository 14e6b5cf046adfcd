import { invalidParameter } from "./errors.ts";

/** The runtimes that functions can be created with, in the order in which AWS's error tells them. */
const SUPPORTED =
  "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2".split(
    ", ",
  );

/** Known to the API, and refused since they were deprecated. */
const DEPRECATED = new Set(
  "dotnetcore1.0, dotnetcore2.0, dotnetcore2.1, dotnetcore3.1, go1.x, java8, nodejs, nodejs4.3, nodejs4.3-edge, nodejs6.10, nodejs8.10, nodejs10.x, nodejs12.x, nodejs14.x, provided, python2.7, python3.6, python3.7, ruby2.5, ruby2.7".split(
    ", ",
  ),
);

/** Throws InvalidParameterValueException, as AWS does for a runtime that is not known or no longer supported. */
export function requireSupported(runtime: string): void {
  if (DEPRECATED.has(runtime))
    throw invalidParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  if (!SUPPORTED.includes(runtime))
    throw invalidParameter(
      `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${SUPPORTED.join(", ")}] or be a valid ARN`,
    );
}
