/**
 * What a load balancer does before several web processes: takes them in turn, and asks another one
 * when the first does not answer. What may be asked twice is told by the caller alone.
 */
import { Agent, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const AGAIN_MS = 50;
/** Longer than PostgreSQL needs to come back. */
const PATIENCE_MS = 20_000;

const unpack = promisify(gunzip);

interface Question {
  readonly headers: Record<string, string>;
  /** With one it is a POST. */
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  /** Its text: packed as a browser asks for it, until somebody wants to read it. */
  readonly whole: () => Promise<string>;
}

export class Front {
  readonly #urls: readonly string[];
  readonly #agent = new Agent({ keepAlive: true });
  #turn = 0;
  /** Answers that were not the first ones asked for. */
  again = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** The first answer below 500. */
  async ask(path: string, question: Question): Promise<Reply> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let tries = 1; ; tries++) {
      const url = `${this.#urls[this.#turn++ % this.#urls.length]}${path}`;
      let problem: string;
      try {
        const reply = await this.#send(url, question, deadline - performance.now());
        if (reply.status < 500) return reply;
        problem = `status ${reply.status}`;
      } catch (error) {
        problem = reasonOf(error);
      }
      if (performance.now() > deadline) throw new Error(problem);
      this.again++;
      if (tries % this.#urls.length === 0) await delay(AGAIN_MS);
    }
  }

  async #send(url: string, { headers, body }: Question, ms: number): Promise<Reply> {
    const asking = request(url, {
      agent: this.#agent,
      method: body === undefined ? "GET" : "POST",
      // As a page's own script asks: what changes something must say that it comes from here.
      headers: { "accept-encoding": "gzip", origin: new URL(url).origin, ...headers },
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(ms))),
    });
    const response = await new Promise<IncomingMessage>((answered, failed) => {
      asking.once("response", answered).once("error", failed).end(body);
    });
    // An answer that breaks off rejects here.
    const bytes = await buffer(response);
    const isPacked = response.headers["content-encoding"] === "gzip";
    return {
      status: response.statusCode ?? 0,
      whole: async () => (isPacked ? await unpack(bytes) : bytes).toString(),
    };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError") return `no answer in ${PATIENCE_MS / 1000} s`;
  return "code" in error ? String(error.code) : error.message;
}
