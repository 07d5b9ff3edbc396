import type { IncomingMessage } from "node:http";

/** Set by the web process on each request that came straight from this machine. */
export const LOCAL_HEADER = "x-kernelbook-local";

/** Set by the web process on each request: the address that it came from, for limits. */
export const ADDRESS_HEADER = "x-kernelbook-address";

/** Headers by which a proxy tells whom it speaks for; anybody else may send them as well. */
const PROXY_HEADERS = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-real-ip",
];

/**
 * Makes a request's headers say only what is known: without a proxy in front, claims about where it
 * comes from are removed, so that nobody escapes a rate limit by inventing addresses.
 */
export function settlePeer(request: IncomingMessage, isBehindProxy: boolean): void {
  const { headers } = request;
  const peer = request.socket.remoteAddress ?? "";
  const isForwarded = PROXY_HEADERS.some((name) => headers[name] !== undefined);
  const isLocal = !isForwarded && isLoopback(peer);
  delete headers[LOCAL_HEADER];
  if (isLocal) headers[LOCAL_HEADER] = "1";
  headers[ADDRESS_HEADER] = (isBehindProxy ? forwardedFor(headers) : undefined) ?? peer;
  if (!isBehindProxy) for (const name of PROXY_HEADERS) delete headers[name];
}

/** The last address is the one that our own proxy has added; what stands before it is a claim. */
function forwardedFor(headers: IncomingMessage["headers"]): string | undefined {
  const given = String(headers["x-forwarded-for"] ?? "");
  return given.split(",").at(-1)?.trim() || undefined;
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
