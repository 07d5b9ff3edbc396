import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";

/** Set by the web process on each request that came straight from this machine. */
export const LOCAL_HEADER = "x-kernelbook-local";

/** Set by the web process on each request: the network that it came from, for limits. */
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
  headers[ADDRESS_HEADER] = network((isBehindProxy && forwardedFor(headers)) || peer);
  if (!isBehindProxy) for (const name of PROXY_HEADERS) delete headers[name];
}

/** Whom a limit is for: an IPv4 address, or the half of an IPv6 address that one customer has. */
function network(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  return `${[...groups, ...zeros, ...rest].slice(0, 4).join(":")}::`;
}

/** The last address is the one that our own proxy has added; what stands before it is a claim. */
function forwardedFor(headers: IncomingMessage["headers"]): string {
  const given = String(headers["x-forwarded-for"] ?? "");
  return given.split(",").at(-1)?.trim() ?? "";
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
