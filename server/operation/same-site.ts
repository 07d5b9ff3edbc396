import type { IncomingMessage } from "node:http";

/** The site's own name, where the operator has given it one. */
export interface SiteName {
  /** `https://os.example.edu`; undefined: the site goes by any name that it is reached under. */
  readonly origin: string | undefined;
  readonly isBehindProxy: boolean;
}

const HARMLESS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether the request may change something: it only reads, or it was sent by a page of this site.
 * Browsers name the origin of whatever sends data, and no page can make them name another one.
 */
export function mayChangeThings(
  { method = "", headers }: Pick<IncomingMessage, "method" | "headers">,
  { origin }: SiteName,
): boolean {
  if (HARMLESS.has(method)) return true;
  const from = headers.origin;
  if (from === undefined) return headers["sec-fetch-site"] === "same-origin";
  if (origin !== undefined) return from === origin;
  return URL.canParse(from) && new URL(from).host === headers.host;
}

/**
 * Gives the request the site's one name, whatever the proxy in front has made of `Host`: the policy
 * of the sandbox's frame is made from it, and Next compares it with the origin of an action.
 */
export function settleHost(
  { headers }: IncomingMessage,
  { origin, isBehindProxy }: SiteName,
): void {
  if (origin === undefined || !isBehindProxy) return;
  const { host, protocol } = new URL(origin);
  headers.host = host;
  headers["x-forwarded-host"] = host;
  headers["x-forwarded-proto"] = protocol.slice(0, -1);
}
