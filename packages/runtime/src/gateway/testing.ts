import { once } from "node:events";
import { connect } from "node:net";

/** What came back, as far as it is looked at. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are; resolves with what came until the connection ended, or the first answer was whole. */
export function exchange(port: number, parts: readonly (string | Buffer)[]): Promise<Answer> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    let received = "";
    const done = () => {
      socket.destroy();
      const [head = "", body = ""] = received.split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1] ?? 0), head: head.toLowerCase(), body });
    };
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      const end = received.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Number.NaN);
      if (end >= 0 && received.length >= end + 4 + length) done();
    });
    // A client that was answered while it was still sending may be cut off: what it read counts.
    socket.on("error", done);
    socket.on("end", done);
    socket.on("close", done);
    void (async () => {
      for (const part of parts)
        if (!socket.destroyed && !socket.write(part))
          await Promise.race([once(socket, "drain"), once(socket, "close")]);
    })().catch(done);
  });
}

/** A request's head, of which everything can be left out or be wrong. */
export interface Head {
  readonly method?: string;
  readonly path?: string;
  readonly [header: string]: string | undefined;
}

export function head({ method = "POST", path = "/", ...headers }: Head = {}): string {
  const all = { host: "127.0.0.1", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
}
