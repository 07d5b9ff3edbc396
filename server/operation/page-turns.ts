/**
 * Pages are drawn a few at a time, in the order in which they were asked for. All at once, each
 * would take as long as all of them together, and when more come than can be drawn nobody would
 * ever get one. What is not a page never waits here: a submission is acknowledged meanwhile.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** While one waits for the database another one is drawn. */
const AT_ONCE = 3;
/** Drawn long ago: who reads slowly, or not at all, keeps nobody else from a page. */
const TURN_MS_MAX = 2_000;

export class PageTurns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Waits for the request's turn: it ends with the answer, or when it has lasted too long. */
  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isPage(request)) return;
    if (this.#running >= AT_ONCE) {
      await new Promise<void>((turn) => {
        this.#waiting.push(turn);
      });
    }
    this.#running++;
    if (response.closed) return this.#giveUp();
    let isOver = false;
    const giveUp = () => {
      if (!isOver) this.#giveUp();
      isOver = true;
      clearTimeout(clock);
    };
    const clock = setTimeout(giveUp, TURN_MS_MAX);
    response.once("close", giveUp);
  }

  #giveUp(): void {
    this.#running--;
    this.#waiting.shift()?.();
  }
}

/** What a browser shows: neither a script's question, nor a stream that goes on, nor a file. */
function isPage({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && (headers.accept ?? "").startsWith("text/html");
}
