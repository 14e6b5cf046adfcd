import { type BuildOptions, build } from "esbuild";
import { strToU8, zipSync } from "fflate";

/** The code of a Lambda function from its entry: the AWS SDK is there on AWS, everything else comes along. */
export async function bundledFunction(
  entry: Pick<BuildOptions, "entryPoints" | "stdin">,
): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node22",
    external: ["@aws-sdk/*"],
  });
  return zipSync({ "index.mjs": strToU8(outputFiles?.[0]?.text ?? "") });
}
