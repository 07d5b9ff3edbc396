import { expect, test } from "vitest";
import { MIME_TERMINAL, type Output } from "#notebook/document";
import type { TerminalEvent, ToTerminal } from "../../runtime/protocol.ts";
import type { CellWorker } from "./cell-worker.ts";
import { Terminals } from "./terminals.ts";

/** As much of a Worker as terminals know of it. */
function worker() {
  const told: ToTerminal[] = [];
  const fake = {
    told,
    tellTerminal: (message: ToTerminal) => told.push(message),
    onTerminal: (_news: object) => undefined,
    onEnd: () => undefined,
  };
  return fake as typeof fake & CellWorker;
}

const shown = (live: number): Output => ({
  kind: "result",
  bundle: { "text/plain": "$", [MIME_TERMINAL]: { tty: "tty1", rows: 24, cols: 80, live } },
});

function opened() {
  const terminals = new Terminals();
  const events: TerminalEvent[] = [];
  terminals.listener = (event) => events.push(event);
  const first = worker();
  terminals.listenTo(first);
  const numbers: number[] = [];
  terminals.numbered(first, shown(1), numbers);
  const type = (text: string, at: number, workMs = 1) =>
    first.onTerminal({ terminal: 1, data: "", typed: [{ at, text }], workMs, isEnded: false });
  return { terminals, events, first, numbers, type };
}

test("when a Worker takes over, a terminal keeps its number and what was typed is typed again", () => {
  const { terminals, events, first, numbers, type } = opened();
  type("ls\n", 7);
  first.onEnd();
  const second = worker();
  terminals.listenTo(second);
  // It is the third one that this Worker has opened.
  terminals.again(second, shown(3), numbers, []);
  expect(events.map(({ kind }) => kind)).toEqual(["printed", "ended", "restarted"]);
  expect(second.told).toEqual([
    { type: "terminal-replay", terminal: 3, inputs: [{ at: 7, text: "ls\n" }] },
  ]);
  terminals.type(numbers[0] ?? 0, "x");
  expect(second.told.at(-1)).toEqual({ type: "terminal-type", terminal: 3, text: "x" });
});

test("what would take long is not typed again, and the reader is told", () => {
  const { terminals, events, first, numbers, type } = opened();
  type("yes\n", 7, 60_000);
  first.onEnd();
  const second = worker();
  terminals.again(second, shown(1), numbers, []);
  expect(events.at(-1)).toMatchObject({ kind: "restarted", isReplayed: false });
  expect(second.told).toEqual([]);
});

test("a long text is typed in pieces, and a Worker speaks only of its own terminals", () => {
  const { terminals, events, first, numbers } = opened();
  terminals.type(numbers[0] ?? 0, "x".repeat(10_000));
  expect(first.told.map((message) => ("text" in message ? message.text.length : 0))).toEqual([
    4096, 4096, 1808,
  ]);
  const news = { terminal: 1, data: "forged", typed: [], workMs: 0, isEnded: false };
  const other = worker();
  terminals.listenTo(other);
  other.onTerminal(news);
  expect(events).toEqual([]);
});
