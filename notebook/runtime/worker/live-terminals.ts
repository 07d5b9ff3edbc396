/** The terminals that cells have shown: their machines go on between the runs, as somebody may type. */

import type { TerminalInput, TerminalPort } from "#kernel-sim";
import type { TerminalHost } from "../display/terminal.ts";
import { TERMINAL_WINDOW_BYTES, type TerminalNews, type ToTerminal } from "../protocol.ts";
import { MachinePace } from "./machine-pace.ts";

/** More than these are too many for a page: the oldest end. */
const MOST = 16;
/** Messages with news that the page has not answered yet. */
const MOST_UNSEEN_MESSAGES = 16;
const PIECE_BYTES = 16 * 1024;

interface LiveTerminal {
  readonly number: number;
  readonly port: TerminalPort;
  readonly pace: MachinePace;
  /** Bytes that were sent, that the page has seen, and how many messages it has not. */
  sent: number;
  seen: number;
  unseen: number;
  typedSent: number;
  /** What the line had no room for yet. */
  waiting: string;
}

/** What the terminals need of their Worker. */
interface TerminalsWorld {
  readonly send: (news: TerminalNews) => void;
  /** In ms. */
  readonly now: () => number;
  readonly later: (callback: () => void, ms: number) => unknown;
  /** After the messages that are there. */
  readonly soon: (callback: () => void) => void;
}

export class LiveTerminals implements TerminalHost {
  readonly #world: TerminalsWorld;
  readonly #live = new Map<number, LiveTerminal>();
  readonly #paces = new Map<object, MachinePace>();
  #last = 0;
  /** Raised with each look at the machines: an older plan for the next one is void. */
  #plan = 0;

  constructor(world: TerminalsWorld) {
    this.#world = world;
  }

  open(port: TerminalPort): number {
    const known = [...this.#live.values()].find((live) => live.port === port);
    if (known !== undefined) return known.number;
    const number = ++this.#last;
    let pace = this.#paces.get(port.machine);
    if (pace === undefined) {
      pace = new MachinePace(port, this.#world.now);
      this.#paces.set(port.machine, pace);
    }
    const counts = { sent: 0, seen: 0, unseen: 0, typedSent: 0 };
    this.#live.set(number, { number, port, pace, ...counts, waiting: "" });
    const [oldest] = this.#live.values();
    if (this.#live.size > MOST && oldest !== undefined) this.#end(oldest);
    this.#goOn(0);
    return number;
  }

  receive(message: ToTerminal): void {
    const live = this.#live.get(message.terminal);
    if (live === undefined) return;
    this.#guarded(live, () => {
      switch (message.type) {
        case "terminal-type":
          live.pace.catchUp();
          live.waiting += message.text;
          this.#feed(live);
          return;
        case "terminal-resize":
          live.pace.catchUp();
          live.port.resize(message.rows, message.cols);
          return;
        case "terminal-seen":
          live.seen = Math.max(live.seen, Math.min(message.bytes, live.sent));
          live.unseen = 0;
          return;
        case "terminal-replay":
          live.port.replay(message.inputs);
      }
    });
    this.#goOn(0);
  }

  #feed(live: LiveTerminal): void {
    if (live.waiting !== "") live.waiting = live.port.input(live.waiting);
  }

  /** Lets all machines run for a moment, tells what has come of it, and plans the next look. */
  #look(): void {
    let wait = Infinity;
    for (const live of [...this.#live.values()]) {
      this.#guarded(live, () => {
        if (live.port.isClosed()) {
          this.#end(live);
          return;
        }
        this.#feed(live);
        const others = [...this.#live.values()].filter(({ pace }) => pace === live.pace);
        const isFull = () => others.some((other) => this.#isFull(other));
        wait = Math.min(wait, live.pace.run(isFull));
        if (this.#tell(live)) wait = 0;
      });
    }
    if (wait !== Infinity) this.#goOn(wait);
  }

  #goOn(waitMs: number): void {
    const plan = ++this.#plan;
    const look = () => {
      if (plan === this.#plan) this.#look();
    };
    if (waitMs === 0) this.#world.soon(look);
    else this.#world.later(look, Math.min(Math.ceil(waitMs), 60_000));
  }

  #isFull({ port, seen, unseen }: LiveTerminal): boolean {
    return port.written() - seen > TERMINAL_WINDOW_BYTES || unseen >= MOST_UNSEEN_MESSAGES;
  }

  /** Sends what is new; true: there is more. */
  #tell(live: LiveTerminal): boolean {
    const { port, pace } = live;
    const isSlow = live.sent - live.seen > TERMINAL_WINDOW_BYTES;
    if (isSlow || live.unseen >= MOST_UNSEEN_MESSAGES) return false;
    const total = port.written();
    const bytes = live.sent < total ? port.outputSince(live.sent) : new Uint8Array(0);
    const piece = bytes.subarray(0, PIECE_BYTES);
    const typed: readonly TerminalInput[] = port.typedSince(live.typedSent);
    if (piece.length === 0 && typed.length === 0) return false;
    // What is not kept any more is left out.
    const dropped = total - live.sent - bytes.length;
    live.sent += dropped + piece.length;
    live.seen += dropped;
    live.typedSent += typed.length;
    live.unseen++;
    this.#world.send({
      terminal: live.number,
      data: String.fromCharCode(...piece),
      typed,
      workMs: Math.ceil(pace.workMs),
      isEnded: false,
    });
    return live.sent < total;
  }

  #end(live: LiveTerminal): void {
    this.#live.delete(live.number);
    const isLast = ![...this.#live.values()].some(({ pace }) => pace === live.pace);
    if (isLast) this.#paces.delete(live.port.machine);
    const none = { data: "", typed: [], workMs: 0 };
    this.#world.send({ terminal: live.number, ...none, isEnded: true });
  }

  /** A machine that breaks down takes no other with it. */
  #guarded(live: LiveTerminal, action: () => void): void {
    try {
      action();
    } catch {
      this.#end(live);
    }
  }
}
