import type { IncomingMessage } from "node:http";

/** Set by the web process on each request that came straight from this machine. */
export const LOCAL_HEADER = "x-kernelbook-local";

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
  const isForwarded = PROXY_HEADERS.some((name) => headers[name] !== undefined);
  const isLocal = !isForwarded && isLoopback(request.socket.remoteAddress ?? "");
  delete headers[LOCAL_HEADER];
  if (isLocal) headers[LOCAL_HEADER] = "1";
  if (!isBehindProxy) for (const name of PROXY_HEADERS) delete headers[name];
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
