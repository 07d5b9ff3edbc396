import type { IncomingMessage, ServerResponse } from "node:http";

const AGAIN_S = 1;
/** What is asked for by machines, or lies in files: no database is needed to answer. */
const ALWAYS = /^\/(?:_next\/static|sandbox|monaco|xterm|fonts|healthz|readyz|metrics)(?:\/|$|\?)/;

/** Whether a request can be answered while the database is away. */
export function needsNoDatabase({ url = "" }: IncomingMessage): boolean {
  return ALWAYS.test(url);
}

/**
 * Answers 503 with words for a person. A page that was only looked at is asked for again by the
 * browser itself; what was sent is not sent twice.
 */
export function answerNotReady(
  request: IncomingMessage,
  response: ServerResponse,
  words: string,
): void {
  request.resume();
  const again = request.method === "GET" ? { refresh: String(AGAIN_S) } : {};
  response.writeHead(503, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "retry-after": String(AGAIN_S),
    ...again,
  });
  response.end(`${words}\n`);
}
