/**
 * The terminals of a notebook's sandbox, whichever Worker they live in: their numbers stay when a Worker takes over
 * and runs the finished cells again, and what was typed is typed again.
 */

import type { TerminalInput } from "#kernel-sim";
import { MIME_TERMINAL, type Output, type TerminalData } from "#notebook/document";
import {
  type SandboxTerminals,
  TERMINAL_INPUT_CHARACTERS,
  type TerminalEvent,
  type TerminalNews,
} from "../../runtime/protocol.ts";
import type { CellWorker } from "./cell-worker.ts";

/** What a replay may cost: processor time, and things that were typed. */
const REPLAY_MS = 2_000;
const REPLAY_INPUTS = 5_000;

interface KnownTerminal {
  readonly number: number;
  worker: CellWorker;
  /** By this number its Worker knows it. */
  local: number;
  typed: TerminalInput[];
  workMs: number;
  isEnded: boolean;
}

/** A run's terminals, in the order in which it has shown them. */
export type TerminalsOfRun = readonly number[];

export class Terminals implements SandboxTerminals {
  listener: ((event: TerminalEvent) => void) | undefined;
  readonly #known = new Map<number, KnownTerminal>();
  #last = 0;

  type(terminal: number, text: string): void {
    const known = this.#known.get(terminal);
    for (let at = 0; at < text.length; at += TERMINAL_INPUT_CHARACTERS) {
      const piece = text.slice(at, at + TERMINAL_INPUT_CHARACTERS);
      known?.worker.tellTerminal({ type: "terminal-type", terminal: known.local, text: piece });
    }
  }

  resize(terminal: number, rows: number, cols: number): void {
    const known = this.#known.get(terminal);
    known?.worker.tellTerminal({ type: "terminal-resize", terminal: known.local, rows, cols });
  }

  seen(terminal: number, bytes: number): void {
    const known = this.#known.get(terminal);
    known?.worker.tellTerminal({ type: "terminal-seen", terminal: known.local, bytes });
  }

  /** A Worker's news go to whom they concern. */
  listenTo(worker: CellWorker): void {
    worker.onTerminal = (news) => this.#take(worker, news);
    worker.onEnd = () => this.#workerEnded(worker);
  }

  /** Gives the terminals in an output the numbers of the notebook; `opened` collects them. */
  numbered(worker: CellWorker, output: Output, opened: number[]): Output {
    const data = terminalIn(output);
    if (data?.live === undefined) return output;
    const local = data.live;
    let known = this.#at(worker, local);
    if (known === undefined) {
      known = { number: ++this.#last, worker, local, typed: [], workMs: 0, isEnded: false };
      this.#known.set(known.number, known);
    }
    opened.push(known.number);
    return withTerminal(output, { ...data, live: known.number });
  }

  /** A run has happened again in `worker`; what it shows there are the terminals that it had shown before. */
  again(worker: CellWorker, output: Output, before: TerminalsOfRun, opened: number[]): void {
    const local = terminalIn(output)?.live;
    if (local === undefined) return;
    const known = this.#known.get(before[opened.length] ?? 0);
    opened.push(known?.number ?? 0);
    if (known === undefined || known.worker === worker) return;
    const { typed, workMs } = known;
    const isReplayed = workMs < REPLAY_MS && typed.length < REPLAY_INPUTS;
    Object.assign(known, { worker, local, typed: [], workMs: 0, isEnded: false });
    this.listener?.({ kind: "restarted", terminal: known.number, isReplayed });
    if (isReplayed && typed.length > 0) {
      worker.tellTerminal({ type: "terminal-replay", terminal: local, inputs: typed });
    }
  }

  #take(worker: CellWorker, news: TerminalNews): void {
    const known = this.#at(worker, news.terminal);
    if (known === undefined) {
      // Of a cell that is being replayed, or of none: seen, so that its Worker goes on.
      worker.tellTerminal({ type: "terminal-seen", terminal: news.terminal, bytes: 0 });
      return;
    }
    known.typed.push(...news.typed);
    known.workMs = news.workMs;
    const terminal = known.number;
    if (news.isEnded) this.#end(known);
    else this.listener?.({ kind: "printed", terminal, data: news.data });
  }

  #at(worker: CellWorker, local: number): KnownTerminal | undefined {
    return [...this.#known.values()].find(
      (known) => known.worker === worker && known.local === local,
    );
  }

  /** Until its cell has been run again, nobody answers there. */
  #workerEnded(worker: CellWorker): void {
    for (const known of this.#known.values()) if (known.worker === worker) this.#end(known);
  }

  #end(known: KnownTerminal): void {
    if (known.isEnded) return;
    known.isEnded = true;
    this.listener?.({ kind: "ended", terminal: known.number });
  }
}

function terminalIn(output: Output): TerminalData | undefined {
  if (output.kind !== "display" && output.kind !== "result") return undefined;
  return output.bundle[MIME_TERMINAL] as TerminalData | undefined;
}

function withTerminal(output: Output, data: TerminalData): Output {
  if (output.kind !== "display" && output.kind !== "result") return output;
  return { ...output, bundle: { ...output.bundle, [MIME_TERMINAL]: data } };
}
