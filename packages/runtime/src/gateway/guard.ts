import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** A request that is refused before anything of it is read, and why. */
export interface Refusal {
  readonly status: 403;
  readonly message: string;
}

/**
 * Keeps web pages out. Binding to loopback does not: a page in the developer's browser can send requests to
 * loopback, and with DNS rebinding under a name of its own. AWS clients send neither `Origin` nor `Sec-Fetch-Site`,
 * and name the host that they were told.
 */
export function refusalOf(
  headers: IncomingHttpHeaders,
  ownHosts: ReadonlySet<string>,
): Refusal | undefined {
  const host = hostnameOf(headers.host ?? "");
  if (!isOwnHost(host, ownHosts))
    return refused(
      `This is Flyball, and not "${host}". If it is to answer under that name, start it with --host ${host}.`,
    );
  const { origin } = headers;
  if (origin !== undefined && !isSameOrigin(origin, headers.host))
    return refused(`Flyball does not answer web pages of other origins (${origin}).`);
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return refused("Flyball does not answer web pages of other origins.");
  return undefined;
}

function refused(message: string): Refusal {
  return { status: 403, message };
}

/** What Step Functions' clients put before the host of StartSyncExecution and TestState, whatever the endpoint is. */
const SYNC = "sync-";

function isOwnHost(host: string, ownHosts: ReadonlySet<string>): boolean {
  return (
    isOwnName(host, ownHosts) ||
    (host.startsWith(SYNC) && isOwnName(host.slice(SYNC.length), ownHosts))
  );
}

/** A literal address cannot be rebound to another machine; `localhost` and what is under it is always this one. */
function isOwnName(host: string, ownHosts: ReadonlySet<string>): boolean {
  return (
    isIP(host) !== 0 || host === "localhost" || host.endsWith(".localhost") || ownHosts.has(host)
  );
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

function hostnameOf(host: string): string {
  if (host.startsWith("[")) return host.slice(1, host.indexOf("]"));
  return host.replace(/:\d+$/, "").toLowerCase();
}
