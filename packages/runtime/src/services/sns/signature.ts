import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Cloud } from "../../cloud.ts";
import type { Key } from "../../store/store.ts";

/** 1 is SHA1withRSA, 2 is SHA256withRSA. Source: API reference, SetTopicAttributes, `SignatureVersion`. */
export type SignatureVersion = "1" | "2";

interface SigningIdentity {
  /** PEM */
  readonly privateKey: string;
  /** PEM */
  readonly certificate: string;
}

/** What signs for all topics of a cloud: made when first needed, and the same ever after. */
const IDENTITY: Key = ["sns", "signing-identity"];
const KEY_BITS = 2048;
const CERTIFICATE_LIFE_MS = 10 * 365 * 24 * 60 * 60 * 1000;
const CLOCK_SKEW_MS = 24 * 60 * 60 * 1000;
const CERTIFICATE_PATH = "/_flyball/sns/SimpleNotificationService-";

/** In the order in which they are signed. Source: SNS developer guide, "Verifying the signatures of messages". */
const SIGNED_OF_NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const SIGNED_OF_CONFIRMATION = [
  "Message",
  "MessageId",
  "SubscribeURL",
  "Timestamp",
  "Token",
  "TopicArn",
  "Type",
];

const signAsync = promisify(sign);

/** The certificate that messages' `SigningCertURL` leads to, in PEM. The gateway serves it. */
export async function signingCertificatePem(cloud: Cloud): Promise<string> {
  return (await cloud.derived(makeSigner).identity()).certificate;
}

/** Signs the document's fields; answers with the base64 signature and where the certificate is. */
export async function signDocument(
  cloud: Cloud,
  document: Readonly<Record<string, unknown>>,
  version: SignatureVersion,
): Promise<{ signature: string; certificateUrl: string }> {
  const signer = cloud.derived(makeSigner);
  const { key, certificateName } = await signer.loaded();
  const digest = version === "1" ? "RSA-SHA1" : "RSA-SHA256";
  const signature = await signAsync(digest, Buffer.from(stringToSign(document)), key);
  return {
    signature: signature.toString("base64"),
    certificateUrl: `${cloud.endpoint}${CERTIFICATE_PATH}${certificateName}.pem`,
  };
}

function stringToSign(document: Readonly<Record<string, unknown>>): string {
  const names = document.Type === "Notification" ? SIGNED_OF_NOTIFICATION : SIGNED_OF_CONFIRMATION;
  return names
    .filter((name) => document[name] !== undefined && document[name] !== null)
    .map((name) => `${name}\n${document[name]}\n`)
    .join("");
}

class Signer {
  readonly #cloud: Cloud;
  #identity: Promise<SigningIdentity> | undefined;
  #loaded: Promise<{ key: KeyObject; certificateName: string }> | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  identity(): Promise<SigningIdentity> {
    this.#identity ??= this.#cloud.activity.track(this.#readOrMake());
    return this.#identity;
  }

  loaded(): Promise<{ key: KeyObject; certificateName: string }> {
    this.#loaded ??= this.identity().then(({ privateKey, certificate }) => ({
      key: createPrivateKey(privateKey),
      certificateName: createHash("md5").update(certificate).digest("hex"),
    }));
    return this.#loaded;
  }

  async #readOrMake(): Promise<SigningIdentity> {
    const { clock, store } = this.#cloud;
    const kept = store.read((tx) => tx.get<SigningIdentity>(IDENTITY));
    if (kept) return kept;
    // Loaded here, once in a cloud's life: it takes longer to load than all of Flyball.
    const { generate } = await import("selfsigned");
    const made = await generate([{ name: "commonName", value: "sns.amazonaws.com" }], {
      keySize: KEY_BITS,
      algorithm: "sha256",
      notBeforeDate: new Date(clock.now() - CLOCK_SKEW_MS),
      notAfterDate: new Date(clock.now() + CERTIFICATE_LIFE_MS),
    });
    const identity: SigningIdentity = { privateKey: made.private, certificate: made.cert };
    await store.write((tx) => tx.put(IDENTITY, identity));
    return identity;
  }
}

function makeSigner(cloud: Cloud): Signer {
  return new Signer(cloud);
}
