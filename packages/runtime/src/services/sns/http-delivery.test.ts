import assert from "node:assert/strict";
import { createVerify, X509Certificate } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { signingCertificatePem } from "./service.ts";
import { ANONYMOUS } from "./subscription.ts";
import { CALLER, TestCloud } from "./testing.ts";

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A loopback endpoint that remembers what it is posted, and answers with `status`. */
class Endpoint {
  readonly requests: Request[] = [];
  status = 200;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<Endpoint> {
    const server = createServer(async (request, response) => {
      const text = (await request.setEncoding("utf8").toArray()).join("");
      endpoint.requests.push({ headers: request.headers, text });
      response.writeHead(endpoint.status, { Location: "/elsewhere" }).end("ok");
    });
    const endpoint = new Endpoint(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  document(index: number): Record<string, string> {
    return JSON.parse(this.requests[index]?.text ?? "null");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Verifies as SNS's developer guide tells subscribers to, "Verifying the signatures of Amazon SNS messages". */
function isAuthentic(document: Record<string, string>, pem: string): boolean {
  const parts =
    document.Type === "Notification"
      ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
      : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const verifier = createVerify(document.SignatureVersion === "2" ? "sha256" : "sha1");
  for (const part of parts) if (part in document) verifier.update(`${part}\n${document[part]}\n`);
  return verifier.verify(new X509Certificate(pem).publicKey, document.Signature ?? "", "base64");
}

async function subscribed(
  test: TestCloud,
  endpoint: Endpoint,
  attributes: Record<string, string> = {},
  topicAttributes: Record<string, string> = {},
): Promise<{ topic: string; arn: string }> {
  const topic = await test.topic("orders", topicAttributes);
  const { SubscriptionArn: arn } = await test.subscribe(topic, "http", endpoint.url, attributes);
  await test.advance();
  const { Token = "" } = endpoint.document(0);
  const input = { TopicArn: topic, Token };
  const confirmed = await test.cloud.call(CALLER, "sns", "ConfirmSubscription", input);
  assert.equal(confirmed.SubscriptionArn, arn);
  return { topic, arn };
}

describe("an HTTP subscription", () => {
  it("is asked to confirm, and gets nothing else before it has", async () => {
    await using test = new TestCloud();
    await using endpoint = await Endpoint.listen();
    const topic = await test.topic("orders");
    const input = { TopicArn: topic, Protocol: "http", Endpoint: endpoint.url };
    const { SubscriptionArn } = await test.cloud.call(CALLER, "sns", "Subscribe", input);
    assert.equal(SubscriptionArn, "pending confirmation");
    await test.publish(topic, { Message: "too early" });
    await test.advance();
    assert.equal(endpoint.requests.length, 1);
    const { headers } = endpoint.requests[0]!;
    assert.equal(headers["x-amz-sns-message-type"], "SubscriptionConfirmation");
    assert.equal(headers["x-amz-sns-topic-arn"], topic);
    assert.equal(headers["x-amz-sns-subscription-arn"], undefined);
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    const document = endpoint.document(0);
    assert.equal(
      document.SubscribeURL,
      `${test.cloud.endpoint}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${document.Token}`,
    );
    assert.ok(isAuthentic(document, await signingCertificatePem(test.cloud)));
    const { Subscriptions = [] } = await test.cloud.call(CALLER, "sns", "ListSubscriptions", {});
    assert.equal(Subscriptions[0]?.SubscriptionArn, "PendingConfirmation");
  });

  for (const SignatureVersion of ["1", "2"])
    it(`gets notifications whose signature of version ${SignatureVersion} a verifier accepts`, async () => {
      await using test = new TestCloud();
      await using endpoint = await Endpoint.listen();
      const { topic, arn } = await subscribed(test, endpoint, {}, { SignatureVersion });
      const { MessageId } = await test.publish(topic, { Message: "a\nb", Subject: "s" });
      await test.publish(topic, { Message: "without a subject" });
      await test.advance();
      const notifications = [endpoint.document(1), endpoint.document(2)];
      const pem = await signingCertificatePem(test.cloud);
      for (const document of notifications) {
        assert.equal(document.SignatureVersion, SignatureVersion);
        assert.ok(isAuthentic(document, pem));
        assert.ok(!isAuthentic({ ...document, Message: "forged" }, pem));
      }
      const request = endpoint.requests.find(
        ({ headers }) => headers["x-amz-sns-message-id"] === MessageId,
      );
      assert.equal(request?.headers["x-amz-sns-message-type"], "Notification");
      assert.equal(request?.headers["x-amz-sns-subscription-arn"], arn);
    });

  it("gets the text alone, and is told so, where raw delivery is on", async () => {
    await using test = new TestCloud();
    await using endpoint = await Endpoint.listen();
    const DeliveryPolicy = JSON.stringify({
      requestPolicy: { headerContentType: "application/json" },
    });
    const { topic } = await subscribed(test, endpoint, {
      RawMessageDelivery: "true",
      DeliveryPolicy,
    });
    await test.publish(topic, { Message: '{"a":1}' });
    await test.advance();
    assert.equal(endpoint.requests[1]?.text, '{"a":1}');
    assert.equal(endpoint.requests[1]?.headers["x-amz-sns-rawdelivery"], "true");
    assert.equal(endpoint.requests[1]?.headers["content-type"], "application/json");
  });

  it("that answers with a server's error is asked three times more, 20 seconds apart", async () => {
    await using test = new TestCloud();
    await using endpoint = await Endpoint.listen();
    const { topic } = await subscribed(test, endpoint);
    endpoint.status = 500;
    await test.publish(topic, { Message: "hello" });
    await test.advance();
    assert.equal(endpoint.requests.length, 2);
    await test.advance(19_999);
    assert.equal(endpoint.requests.length, 2);
    await test.advance(1);
    assert.equal(endpoint.requests.length, 3);
    await test.advance(3_600_000);
    assert.equal(endpoint.requests.length, 5);
    const ids = endpoint.requests.slice(1).map(({ text }) => JSON.parse(text).MessageId);
    assert.equal(new Set(ids).size, 1);
  });

  for (const status of [301, 404])
    it(`that answers with ${status} is not asked again: the message is a dead letter`, async () => {
      await using test = new TestCloud();
      await using endpoint = await Endpoint.listen();
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: test.queue("dead") });
      const { topic } = await subscribed(test, endpoint, { RedrivePolicy });
      endpoint.status = status;
      await test.publish(topic, { Message: "hello" });
      await test.advance(3_600_000);
      assert.equal(endpoint.requests.length, 2);
      assert.equal((await test.received("dead")).length, 1);
    });

  it("that somebody without a signature ended is told, and can have it back", async () => {
    await using test = new TestCloud();
    await using endpoint = await Endpoint.listen();
    const { topic, arn } = await subscribed(test, endpoint);
    const anonymous = { ...CALLER, principal: ANONYMOUS };
    await test.cloud.call(anonymous, "sns", "Unsubscribe", { SubscriptionArn: arn });
    await test.publish(topic, { Message: "to nobody" });
    await test.advance();
    assert.equal(endpoint.requests.length, 2);
    const document = endpoint.document(1);
    assert.equal(document.Type, "UnsubscribeConfirmation");
    assert.ok(isAuthentic(document, await signingCertificatePem(test.cloud)));
    await test.cloud.call(anonymous, "sns", "ConfirmSubscription", {
      TopicArn: topic,
      Token: document.Token,
    });
    await test.publish(topic, { Message: "again" });
    await test.advance();
    assert.equal(endpoint.document(2).Message, "again");
  });

  it("that is not confirmed within two days is deleted", async () => {
    await using test = new TestCloud();
    await using endpoint = await Endpoint.listen();
    const topic = await test.topic("orders");
    await test.subscribe(topic, "http", endpoint.url);
    await test.advance(2 * 24 * 60 * 60 * 1000);
    const { Token = "" } = endpoint.document(0);
    await assert.rejects(
      test.cloud.call(CALLER, "sns", "ConfirmSubscription", { TopicArn: topic, Token }),
      { code: "InvalidParameterException", message: "Invalid parameter: Token" },
    );
    const { Subscriptions } = await test.cloud.call(CALLER, "sns", "ListSubscriptions", {});
    assert.deepEqual(Subscriptions, []);
  });

  it("with a name and a password in its URL is asked with them, and shown without the password", async () => {
    await using test = new TestCloud();
    await using endpoint = await Endpoint.listen();
    const topic = await test.topic("orders");
    const url = endpoint.url.replace("//", "//user:p%40ss@");
    const { SubscriptionArn } = await test.subscribe(topic, "http", url);
    await test.advance();
    const expected = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
    assert.equal(endpoint.requests[0]?.headers.authorization, expected);
    const { Attributes } = await test.cloud.call(CALLER, "sns", "GetSubscriptionAttributes", {
      SubscriptionArn,
    });
    assert.equal(Attributes?.Endpoint, endpoint.url.replace("//", "//user:****@"));
  });
});
