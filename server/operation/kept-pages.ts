/**
 * Lectures for readers who are not signed in: drawn once, kept for a few seconds, and sent to
 * everybody. So a course that many read at once costs hardly more than one that a single person
 * reads, and leaves the cores to those who hand something in.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import { text } from "node:stream/consumers";
import { type KeptPage, keepPage } from "./kept-page.ts";

/** How long a reader may see what has changed meanwhile otherwise than by publishing: a date. */
const KEPT_MS = 10_000;
/** Two colours of every lecture, under a few names of the site. */
const PAGES_MAX = 200;
const DRAWING_MS_MAX = 30_000;

const LECTURE = /^\/lectures\/[a-z0-9-]{1,100}$/;
/** Of a request that wants something else than the whole page, or is somebody's own. */
const OTHER_HEADERS = ["rsc", "next-action", "next-router-prefetch", "range", "authorization"];
const SESSION_COOKIE = /(?:^|;\s*)(?:__Secure-)?kernelbook\./;
const THEME_COOKIE = /(?:^|;\s*)kernelbook-theme=(light|dark)(?:;|$)/;
/** Marks what this process asks of itself; nobody else knows the word. */
const DRAW_HEADER = "x-kernelbook-draw";

interface Drawn {
  readonly headers: OutgoingHttpHeaders;
  readonly policy: string;
  readonly nonce: string;
  readonly page: KeptPage;
}

interface Kept {
  readonly at: number;
  readonly revision: string;
  /** undefined: it is no page that can be kept. */
  readonly drawn: Promise<Drawn | undefined>;
}

export interface KeptPagesOptions {
  /** Where this process listens. */
  readonly at: { readonly host: string; readonly port: number };
  /** Changes with what is published. */
  readonly revision: () => string;
}

export class KeptPages {
  readonly #options: KeptPagesOptions;
  readonly #word = randomBytes(32).toString("hex");
  readonly #pages = new Map<string, Kept>();

  constructor(options: KeptPagesOptions) {
    this.#options = options;
  }

  /** Answers the request if it can; otherwise the site has to. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (this.#isOwn(request.headers) || !isForAnyone(request)) return false;
    const drawn = await this.#drawn(request).catch(() => undefined);
    if (drawn === undefined) return false;
    if (!response.destroyed) send(request, response, drawn);
    return true;
  }

  /** Asked by this process itself, to draw what is kept then. */
  #isOwn(headers: IncomingHttpHeaders): boolean {
    const word = headers[DRAW_HEADER];
    delete headers[DRAW_HEADER];
    if (typeof word !== "string" || word.length !== this.#word.length) return false;
    return timingSafeEqual(Buffer.from(word), Buffer.from(this.#word));
  }

  #drawn({ url = "", headers }: IncomingMessage): Promise<Drawn | undefined> {
    const [, theme = ""] = THEME_COOKIE.exec(headers.cookie ?? "") ?? [];
    const { host = "" } = headers;
    const key = JSON.stringify([url, theme, host]);
    const revision = this.#options.revision();
    const before = this.#pages.get(key);
    const isFresh = before !== undefined && performance.now() - before.at < KEPT_MS;
    if (isFresh && before.revision === revision) return before.drawn;
    const drawn = this.#draw(url, host, theme);
    const kept = { at: performance.now(), revision, drawn };
    this.#pages.delete(key);
    this.#pages.set(key, kept);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > PAGES_MAX && oldest !== undefined) this.#pages.delete(oldest);
    const forget = (): void => {
      if (this.#pages.get(key) === kept) this.#pages.delete(key);
    };
    drawn.then((page) => page ?? forget(), forget);
    return drawn;
  }

  async #draw(path: string, host: string, theme: string): Promise<Drawn | undefined> {
    const cookie = theme === "" ? {} : { cookie: `kernelbook-theme=${theme}` };
    const asked = request({
      ...this.#options.at,
      path,
      headers: { host, accept: "text/html", [DRAW_HEADER]: this.#word, ...cookie },
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
    const page = await keepPage(body, nonce);
    return { headers: ownHeaders(answer.headers), policy, nonce, page };
  }
}

/** Whether the page is the same for everybody who asks like this. */
function isForAnyone({ method, url = "", headers }: IncomingMessage): boolean {
  if (method !== "GET" || !LECTURE.test(url)) return false;
  if (SESSION_COOKIE.test(headers.cookie ?? "")) return false;
  return OTHER_HEADERS.every((name) => headers[name] === undefined);
}

/** What belongs to the one connection, and not to the page. */
const OF_THE_ANSWER = ["connection", "keep-alive", "transfer-encoding", "content-length", "date"];

function ownHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const own = Object.entries(headers).filter(([name]) => !OF_THE_ANSWER.includes(name));
  return Object.fromEntries(own);
}

function send({ headers }: IncomingMessage, response: ServerResponse, drawn: Drawn): void {
  const nonce = randomBytes(16).toString("hex");
  const isPacked = /\bgzip\b(?!\s*;\s*q=0)/.test(String(headers["accept-encoding"] ?? ""));
  const bytes = isPacked ? drawn.page.gzip(nonce) : drawn.page.plain(nonce);
  response.writeHead(200, {
    ...drawn.headers,
    "content-security-policy": drawn.policy.replaceAll(drawn.nonce, nonce),
    vary: [drawn.headers["vary"], "accept-encoding"].flat().join(", "),
    "content-length": bytes.length,
    ...(isPacked ? { "content-encoding": "gzip" } : {}),
  });
  response.end(bytes);
}
