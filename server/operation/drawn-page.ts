/** How the web process asks itself for a page that many readers get, and how each of them gets it. */
import { randomBytes } from "node:crypto";
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import { text } from "node:stream/consumers";
import { type KeptPage, keepPage } from "./kept-page.ts";
import { type OwnWords, STAND_IN_HEADER, standInWords } from "./stand-in.ts";
import { withWholeWords } from "./whole-words.ts";

const DRAWING_MS_MAX = 30_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Somebody who is signed in and gets the page of a group, with words of their own in it. */
export interface Reader {
  readonly group: string;
  readonly own: OwnWords;
}

/** Who asks for which page. */
export interface Question {
  readonly path: string;
  readonly host: string;
  readonly theme: string;
  /** Of what is published and of dates. */
  readonly revision: string;
  /** Those that a session is in; "": none. */
  readonly cookie: string;
  /** undefined: nobody is signed in. */
  readonly reader: Reader | undefined;
}

export interface Drawn {
  readonly headers: OutgoingHttpHeaders;
  readonly policy: string;
  readonly nonce: string;
  readonly page: KeptPage;
}

/** Draws the page in the reader's name, asking with these headers. undefined: it cannot be kept. */
export async function drawPage(
  at: Address,
  asking: Readonly<Record<string, string>>,
  { path, host, theme, cookie, reader }: Question,
): Promise<Drawn | undefined> {
  const cookies = theme === "" ? [] : [`kernelbook-theme=${theme}`];
  if (cookie !== "") cookies.push(cookie);
  const word = randomBytes(16).toString("hex");
  const asked = request({
    ...at,
    path,
    headers: {
      ...{ host, accept: "text/html", ...asking },
      ...(cookies.length === 0 ? {} : { cookie: cookies.join("; ") }),
      ...(reader === undefined ? {} : { [STAND_IN_HEADER]: word }),
    },
    signal: AbortSignal.timeout(DRAWING_MS_MAX),
  });
  const answer = await new Promise<IncomingMessage>((answered, failed) => {
    asked.once("response", answered).once("error", failed).end();
  });
  const body = await text(answer);
  const policy = String(answer.headers["content-security-policy"] ?? "");
  const [, nonce] = /'nonce-([0-9a-f]{32})'/.exec(policy) ?? [];
  const isKept = answer.statusCode === 200 && nonce !== undefined;
  if (!isKept || answer.headers["set-cookie"] !== undefined) return undefined;
  const stand = reader && wordsOf({ ...standInWords(word), userId: reader.own.userId });
  const words = [nonce, ...(stand ?? [])];
  const whole = withWholeWords(body, nonce, words);
  const page = whole === undefined ? undefined : await keepPage(whole, words);
  // One that does not name who it was drawn for is another's.
  const isAsMeant = reader === undefined || page?.counts.every((count) => count > 0);
  if (page === undefined || !isAsMeant) return undefined;
  return { headers: ownHeaders(answer.headers), policy, nonce, page };
}

/** In the order in which they are replaced. */
function wordsOf(own: OwnWords): readonly string[] {
  const { userId, name, username, initials, work, elsewhere } = own;
  return [userId, name, username, initials, work, elsewhere];
}

/** What belongs to the one connection, and not to the page. */
const OF_THE_ANSWER = ["connection", "keep-alive", "transfer-encoding", "content-length", "date"];

function ownHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const own = Object.entries(headers).filter(([name]) => !OF_THE_ANSWER.includes(name));
  return Object.fromEntries(own);
}

/** Sends it with a nonce of its own, and with the reader's words. */
export function sendPage(
  { headers }: IncomingMessage,
  response: ServerResponse,
  drawn: Drawn,
  reader: Reader | undefined,
): void {
  const nonce = randomBytes(16).toString("hex");
  const isPacked = /\bgzip\b(?!\s*;\s*q=0)/.test(String(headers["accept-encoding"] ?? ""));
  const own = [nonce, ...(reader === undefined ? [] : wordsOf(reader.own))];
  const bytes = isPacked ? drawn.page.gzip(own) : drawn.page.plain(own);
  response.writeHead(200, {
    ...drawn.headers,
    "content-security-policy": drawn.policy.replaceAll(drawn.nonce, nonce),
    vary: [drawn.headers["vary"], "accept-encoding"].flat().join(", "),
    "content-length": bytes.length,
    ...(isPacked ? { "content-encoding": "gzip" } : {}),
  });
  response.end(bytes);
}
