/**
 * Pages are drawn a few at a time, in the order in which they were asked for. All at once, each
 * would take as long as all of them together, and when more come than can be drawn nobody would
 * ever get one. What is not a page never waits here: a submission is acknowledged meanwhile.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** While one waits for the database another one is drawn. */
const AT_ONCE = 3;

export class PageTurns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Waits for the request's turn, which it has until the answer is sent or nobody wants it. */
  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isPage(request)) return;
    if (this.#running >= AT_ONCE) {
      await new Promise<void>((turn) => {
        this.#waiting.push(turn);
      });
    }
    this.#running++;
    if (response.closed) this.#giveUp();
    else response.once("close", () => this.#giveUp());
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
