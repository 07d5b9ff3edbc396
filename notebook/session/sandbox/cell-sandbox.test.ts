import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ToWorker } from "../../runtime/protocol.ts";
import { CellSandbox } from "./cell-sandbox.ts";
import type { ToFrame } from "./frame-protocol.ts";

const NEEDS_NOTHING = { id: "a", source: "let a = 41" };
const LAST = { id: "c", source: "a" };

/** What a browser has of the sandbox: a frame that starts Workers, and scripts, of which parts come when they are let. */
class Browser {
  /** Cells by the Worker that they ran in. */
  readonly cells: string[][] = [];
  readonly asked = Promise.withResolvers<void>();
  readonly part = Promise.withResolvers<Response>();
  readonly #workers = new Map<number, MessagePort>();

  fetch(path: string): Promise<Response> {
    if (path === "/sandbox/worker.js") return Promise.resolve(new Response(""));
    this.asked.resolve();
    return this.part.promise;
  }

  createElement(): object {
    const postMessage = (_message: null, _origin: string, [port]: [MessagePort]) => {
      port.onmessage = ({ data, ports }) => this.#take(data as ToFrame, ports[0]);
    };
    return {
      setAttribute: () => undefined,
      remove: () => undefined,
      contentWindow: { postMessage },
    };
  }

  readonly body = { append: ({ onload }: { onload: () => void }) => queueMicrotask(onload) };

  #take(message: ToFrame, port: MessagePort | undefined): void {
    if (message.type === "spawn" && port !== undefined) this.#spawn(message.worker, port);
    if (message.type === "end") this.#workers.get(message.worker)?.close();
  }

  #spawn(worker: number, port: MessagePort): void {
    const cells: string[] = [];
    this.cells.push(cells);
    this.#workers.set(worker, port);
    const send = (message: object) => port.postMessage(JSON.stringify(message));
    port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
      if (data.type !== "run") return;
      cells.push(data.cell.id);
      send({ type: "done", run: data.run, outcome: { kind: "ok", ms: 1 } });
    };
    send({ type: "ready" });
  }
}

let browser: Browser;
let sandbox: CellSandbox;

beforeEach(() => {
  browser = new Browser();
  vi.stubGlobal("document", browser);
  vi.stubGlobal("fetch", (path: string) => browser.fetch(path));
  sandbox = new CellSandbox();
});

afterEach(() => {
  sandbox.close();
  vi.unstubAllGlobals();
});

function run(cell: typeof LAST) {
  return sandbox.run(cell, () => undefined);
}

// Two parts, as a page fetches each but once.
test.each([
  { what: "restart", source: "recordings", left: ["c"] },
  { what: "interrupt", source: "unixFamily", left: ["a", "c"] },
] as const)(
  "$what while a part is fetched ends the run that needs it",
  async ({ what, source, left }) => {
    expect(await run(NEEDS_NOTHING)).toMatchObject({ kind: "ok" });
    const running = run({ id: "b", source });
    await browser.asked.promise;
    const done = sandbox[what]();
    browser.part.resolve(new Response(""));
    expect(await running).toEqual({ kind: "interrupted" });
    await done;
    expect(await run(LAST)).toMatchObject({ kind: "ok" });
    expect(browser.cells.flat()).not.toContain("b");
    expect(browser.cells.find((cells) => cells.includes("c"))).toEqual(left);
  },
);
