/** One Worker for cells, with its answers matched to what was asked. */

import type { InspectorQuery, PartName } from "#kernel-sim";
import type { Output } from "#notebook/document";
import {
  type CellNames,
  type CellToRun,
  type FromWorker,
  type InspectedMoment,
  type RunOutcome,
  type SchedulesQuery,
  TERMINAL_WINDOW_BYTES,
  type TerminalNews,
  type ToTerminal,
  type ToWorker,
} from "../../runtime/protocol.ts";
import type { SandboxFrame, SandboxWorker } from "./frame.ts";
import { parseFromWorker } from "./worker-message.ts";

/** More messages than this in one run are no honest output. */
const MOST_MESSAGES = 2_000;

/** News of a terminal that the page has not answered: an honest Worker waits long before. */
const MOST_UNSEEN_NEWS = 64;
/** Terminals of one Worker that ever were. */
const MOST_TERMINALS = 1024;
const MOST_UNSEEN_BYTES = 3 * TERMINAL_WINDOW_BYTES;

interface Unseen {
  received: number;
  seen: number;
  news: number;
}

/** How a run in a Worker ended: by itself, with the Worker, or for want of what another Worker has. */
export type WorkerEnd =
  | RunOutcome
  | { readonly kind: "died" }
  | { readonly kind: "missed"; readonly part: PartName };

interface OpenRun {
  messages: number;
  readonly onOutput: (output: Output) => void;
  readonly end: (outcome: WorkerEnd) => void;
}

type Names = ReadonlyMap<string, CellNames>;

export class CellWorker {
  readonly ready: Promise<void>;
  #worker: SandboxWorker;
  #isEnded = false;
  #lastNumber = 0;
  #onReady: () => void = () => undefined;
  readonly #runs = new Map<number, OpenRun>();
  readonly #unseen = new Map<number, Unseen>();
  /** Hears of its terminals. */
  onTerminal: (news: TerminalNews) => void = () => undefined;
  /** It has ended, by itself or not. */
  onEnd: () => void = () => undefined;
  readonly #inspections = new Map<number, (found: InspectedMoment | undefined) => void>();
  readonly #analyses = new Map<number, (names: Names | undefined) => void>();

  constructor(frame: SandboxFrame) {
    this.#worker = frame.spawn("cells");
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#worker.port.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
    void this.#worker.failed.then(() => this.end());
  }

  run(cell: CellToRun, seed: number, onOutput: (output: Output) => void): Promise<WorkerEnd> {
    const run = ++this.#lastNumber;
    return new Promise((end) => {
      if (this.#isEnded) return end({ kind: "died" });
      this.#runs.set(run, { messages: 0, onOutput, end });
      this.#send({ type: "run", run, cell, seed });
    });
  }

  /** Answers undefined when the Worker ends before. */
  analyse(cells: readonly CellToRun[]): Promise<Names | undefined> {
    const request = ++this.#lastNumber;
    return new Promise((resolve) => {
      if (this.#isEnded) return resolve(undefined);
      this.#analyses.set(request, resolve);
      this.#send({ type: "analyse", request, cells });
    });
  }

  /** Answers undefined when there is none, or when the Worker ends before. */
  inspect(
    cell: string,
    machine: number,
    query: InspectorQuery,
    schedules?: SchedulesQuery,
  ): Promise<InspectedMoment | undefined> {
    const request = ++this.#lastNumber;
    return new Promise((resolve) => {
      if (this.#isEnded) return resolve(undefined);
      this.#inspections.set(request, resolve);
      this.#send({ type: "inspect", request, cell, machine, query, schedules });
    });
  }

  tellTerminal(message: ToTerminal): void {
    const unseen = this.#unseen.get(message.terminal);
    if (message.type === "terminal-seen" && unseen !== undefined) {
      unseen.seen = message.bytes;
      unseen.news = 0;
    }
    if (!this.#isEnded) this.#send(message);
  }

  /** Ends it at once; whoever waits for a run learns that it died. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#worker.end();
    this.#onReady();
    for (const { end } of this.#runs.values()) end({ kind: "died" });
    for (const resolve of this.#analyses.values()) resolve(undefined);
    for (const resolve of this.#inspections.values()) resolve(undefined);
    this.#runs.clear();
    this.#analyses.clear();
    this.#inspections.clear();
    this.onEnd();
  }

  #send(message: ToWorker): void {
    this.#worker.port.postMessage(message);
  }

  #receive(data: unknown): void {
    const message = parseFromWorker(data);
    // What it is now, nobody knows: better a new one.
    if (message === undefined) {
      this.end();
      return;
    }
    switch (message.type) {
      case "ready":
        this.#onReady();
        return;
      case "output":
        this.#takeOutput(message.run, message.output);
        return;
      case "done":
        this.#runs.get(message.run)?.end(message.outcome);
        this.#runs.delete(message.run);
        return;
      case "missed":
        this.#runs.get(message.run)?.end({ kind: "missed", part: message.part });
        this.#runs.delete(message.run);
        return;
      case "terminal":
        this.#takeNews(message);
        return;
      case "inspected":
        this.#inspections.get(message.request)?.(message.found ?? undefined);
        this.#inspections.delete(message.request);
        return;
      case "analysed":
        this.#takeNames(message);
    }
  }

  #takeOutput(number: number, output: Output): void {
    const run = this.#runs.get(number);
    if (run === undefined) return;
    if (++run.messages > MOST_MESSAGES) this.end();
    else run.onOutput(output);
  }

  /** Who sends more than the window of a terminal holds floods the page. */
  #takeNews({ type: _, ...news }: Extract<FromWorker, { type: "terminal" }>): void {
    let unseen = this.#unseen.get(news.terminal);
    if (unseen === undefined) {
      unseen = { received: 0, seen: 0, news: 0 };
      this.#unseen.set(news.terminal, unseen);
    }
    unseen.received += news.data.length;
    unseen.news++;
    const isFlood =
      unseen.news > MOST_UNSEEN_NEWS ||
      unseen.received - unseen.seen > MOST_UNSEEN_BYTES ||
      this.#unseen.size > MOST_TERMINALS;
    if (isFlood) this.end();
    else this.onTerminal(news);
  }

  #takeNames({ request, names }: Extract<FromWorker, { type: "analysed" }>): void {
    this.#analyses.get(request)?.(new Map(names.map(({ id, ...own }) => [id, own])));
    this.#analyses.delete(request);
  }
}
