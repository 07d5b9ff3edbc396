/**
 * Lectures for readers who are not signed in, and for students who are: drawn once for each group that
 * sees the same, kept for a minute as long as nothing is published, and sent to everybody in it. What
 * is a reader's own, their name and their work, is put in for each. So a course that many read at once
 * costs hardly more than one that a single person reads, and leaves the cores to those who hand
 * something in.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Address,
  type Drawn,
  drawPage,
  type Question,
  type Reader,
  sendPage,
} from "./drawn-page.ts";
import { STAND_IN_HEADER } from "./stand-in.ts";

/**
 * How long a reader may see what has changed meanwhile otherwise than by publishing and by dates: that
 * days for what comes late are over, or who moved into which section.
 */
const KEPT_MS = 60_000;
/** Two colours of every lecture, under a few names of the site. */
const PAGES_MAX = 200;

const LECTURE = /^\/lectures\/([a-z0-9-]{1,100})$/;
/** Of a request that wants something else than the whole page, or is somebody's own. */
const OTHER_HEADERS = ["rsc", "next-action", "next-router-prefetch", "range", "authorization"];
const SESSION_COOKIE = /^(?:__Secure-)?kernelbook\./;
const THEME_COOKIE = /(?:^|;\s*)kernelbook-theme=(light|dark)(?:;|$)/;
/** Marks what this process asks of itself; nobody else knows the word. */
const DRAW_HEADER = "x-kernelbook-draw";

type Asked = Pick<IncomingMessage, "url" | "headers">;

interface Kept {
  readonly at: number;
  readonly revision: string;
  /** undefined: it is no page that can be kept. */
  readonly drawn: Promise<Drawn | undefined>;
}

export interface KeptPagesOptions {
  /** Where this process listens. */
  readonly at: Address;
  /** Changes with what is published, with exercises of runs and with dates, as they are set and as they come. */
  readonly revision: () => string | Promise<string>;
  /** Whom a session's cookie belongs to, asked for each page; undefined: the lecture's page is theirs alone. */
  readonly readerOf: (cookie: string, lecture: string) => Promise<Reader | "nobody" | undefined>;
  /** False: every page is drawn anew. */
  readonly isOn?: boolean;
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
    const { headers } = request;
    const isOwn = this.isOwn(request);
    delete headers[DRAW_HEADER];
    if (isOwn) return false;
    delete headers[STAND_IN_HEADER];
    if (this.#options.isOn === false || !isForMany(request)) return false;
    const question = await this.#questionOf(request).catch(() => undefined);
    const drawn = question && (await this.#drawn(question).catch(() => undefined));
    if (drawn === undefined) return false;
    if (!response.destroyed) sendPage(request, response, drawn, question?.reader);
    return true;
  }

  /** Asked by this process itself, to draw what is kept then. */
  isOwn({ headers: { [DRAW_HEADER]: word } }: IncomingMessage): boolean {
    if (typeof word !== "string" || word.length !== this.#word.length) return false;
    return timingSafeEqual(Buffer.from(word), Buffer.from(this.#word));
  }

  /** Draws these pages for who is not signed in, one after the other; one that cannot be drawn is left out. */
  async warm(paths: readonly string[], host: string): Promise<void> {
    for (const url of paths) {
      const question = await this.#questionOf({ url, headers: { host } });
      if (question !== undefined) await this.#drawn(question).catch(() => undefined);
    }
  }

  /** undefined: what is asked for is the reader's alone. */
  async #questionOf({ url: path = "", headers }: Asked): Promise<Question | undefined> {
    const { host = "" } = headers;
    const cookies = (headers.cookie ?? "").split(";").map((cookie) => cookie.trim());
    const [, theme = ""] = THEME_COOKIE.exec(headers.cookie ?? "") ?? [];
    const cookie = cookies.filter((one) => SESSION_COOKIE.test(one)).join("; ");
    const reader = cookie === "" ? "nobody" : await this.#readerOf(cookie, path);
    const revision = await this.#options.revision();
    const page = { path, host, theme, revision };
    if (reader === "nobody") return { ...page, cookie: "", reader: undefined };
    return reader && { ...page, cookie, reader };
  }

  #readerOf(cookie: string, path: string): Promise<Reader | "nobody" | undefined> {
    const [, lecture = ""] = LECTURE.exec(path) ?? [];
    return this.#options.readerOf(cookie, lecture);
  }

  #drawn(question: Question): Promise<Drawn | undefined> {
    const { path, host, theme, reader, revision } = question;
    const key = JSON.stringify([path, theme, host, reader?.group ?? null]);
    const before = this.#pages.get(key);
    const isFresh = before !== undefined && performance.now() - before.at < KEPT_MS;
    if (isFresh && before.revision === revision) return before.drawn;
    const drawn = this.#draw(question);
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

  async #draw(question: Question): Promise<Drawn | undefined> {
    const drawn = await drawPage(this.#options.at, { [DRAW_HEADER]: this.#word }, question);
    const isStill = await this.#isStill(question);
    return isStill ? drawn : undefined;
  }

  /** Whether the one in whose name a page was drawn is still of that group. */
  async #isStill({ reader, cookie, path }: Question): Promise<boolean> {
    if (reader === undefined) return true;
    const now = await this.#readerOf(cookie, path);
    return typeof now === "object" && now.group === reader.group;
  }
}

/** Whether the page may be the same for many who ask like this. */
function isForMany({ method, url = "", headers }: IncomingMessage): boolean {
  if (method !== "GET" || !LECTURE.test(url)) return false;
  return OTHER_HEADERS.every((name) => headers[name] === undefined);
}
