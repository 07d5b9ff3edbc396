/** Answers the page's messages: runs cells one after the other, and analyses their names. */

import type { PartName } from "#kernel-sim";
import type { Output } from "#notebook/document";
import { compileCell } from "../compile/compile.ts";
import type { CellNames, CellToRun, FromWorker, RunOutcome, ToWorker } from "../protocol.ts";
import { createRealm, type Realm, type RealmOptions } from "../realm/realm.ts";
import { nextTurn } from "../realm/settle.ts";
import { LiveTerminals } from "./live-terminals.ts";
import type { MachineShelf } from "./machine-shelf.ts";
import type { MachineTimes } from "./machine-times.ts";
import type { MissedParts } from "./missed-parts.ts";
import { catchStrayRejections } from "./stray-rejections.ts";

type RunMessage = Extract<ToWorker, { type: "run" }>;
type AnalyseMessage = Extract<ToWorker, { type: "analyse" }>;
type InspectMessage = Extract<ToWorker, { type: "inspect" }>;

/** Serves one notebook on `port`. */
export function serveCells(
  kernel: RealmOptions,
  port: MessagePort,
  times: MachineTimes,
  shelf: MachineShelf,
  missed: MissedParts,
): void {
  const send = (message: FromWorker) => port.postMessage(JSON.stringify(message));
  const terminals = new LiveTerminals({
    send: (news) => send({ type: "terminal", ...news }),
    now: () => hostPerformance.now(),
    later: (callback, ms) => hostSetTimeout(callback, ms),
    soon: (callback) => void nextTurn().then(callback),
  });
  const realm = createRealm({ ...kernel, terminals });
  const service = new CellService(realm, terminals, times, shelf, send);
  missed.listener = (part) => service.reportMissed(part);
  catchStrayRejections((thrown) => service.reportStray(thrown));
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => service.receive(data);
}

class CellService {
  readonly #realm: Realm;
  readonly #terminals: LiveTerminals;
  readonly #times: MachineTimes;
  readonly #shelf: MachineShelf;
  readonly #send: (message: FromWorker) => void;
  #queue: Promise<void> = Promise.resolve();
  #running: number | undefined;
  #hasStray = false;

  constructor(
    realm: Realm,
    terminals: LiveTerminals,
    times: MachineTimes,
    shelf: MachineShelf,
    send: (message: FromWorker) => void,
  ) {
    this.#realm = realm;
    this.#terminals = terminals;
    this.#times = times;
    this.#shelf = shelf;
    this.#send = send;
  }

  receive(message: ToWorker): void {
    if (message.type === "analyse") this.#analyse(message);
    else if (message.type === "inspect") {
      this.#queue = this.#queue.then(() => this.#inspect(message));
    } else if (message.type === "run") this.#queue = this.#queue.then(() => this.#run(message));
    else if (message.type !== "terminal-replay") this.#terminals.receive(message);
    // In the order of the runs: it needs the terminal that a run before it opens.
    else this.#queue = this.#queue.then(() => this.#terminals.receive(message));
  }

  /** Told in the output of the cell that runs; after it nobody would see it. */
  reportStray(thrown: unknown): void {
    if (this.#running === undefined) return;
    this.#hasStray = true;
    this.#sendOutput(this.#running, this.#realm.describeError(thrown));
  }

  /** At once: the page ends this Worker and makes the run in another one. */
  reportMissed(part: PartName): void {
    if (this.#running !== undefined) this.#send({ type: "missed", run: this.#running, part });
  }

  async #run({ run, cell, seed }: RunMessage): Promise<void> {
    // What machines did between the runs is no cell's.
    this.#times.take();
    const began = performance.now();
    this.#running = run;
    this.#hasStray = false;
    const end = await this.#runCell(run, cell, seed);
    // The host tells of failed promises that nobody waited for a turn later.
    await nextTurn();
    this.#running = undefined;
    const kind = this.#hasStray ? "error" : end;
    const modes = this.#times.take();
    const searches = this.#shelf.keep(cell.id);
    const ms = performance.now() - began;
    const outcome: RunOutcome = {
      kind,
      ms,
      ...(modes === undefined ? {} : { modes }),
      ...(searches === 0 ? {} : { searches }),
    };
    this.#send({ type: "done", run, outcome });
  }

  async #runCell(run: number, { id, source }: CellToRun, seed: number): Promise<"ok" | "error"> {
    const onOutput = (output: Output) => this.#sendOutput(run, output);
    const compiled = compileCell(source);
    if (compiled.kind === "compiled") return this.#realm.runCell(id, compiled, { seed, onOutput });
    const { message, line, column } = compiled;
    const frames = [{ cellId: id, line, column }];
    onOutput({ kind: "error", name: "SyntaxError", message, frames });
    return "error";
  }

  /** A moment that cannot be shown is none: the page says so. */
  #inspect({ request, cell, machine, query, schedules }: InspectMessage): void {
    let found: ReturnType<MachineShelf["inspect"]>;
    try {
      found = this.#shelf.inspect(cell, machine, query, schedules);
    } catch {
      found = undefined;
    }
    this.#send({ type: "inspected", request, found: found ?? null });
  }

  #analyse({ request, cells }: AnalyseMessage): void {
    const names = cells.map(({ id, source }) => ({ id, ...namesOfCell(source) }));
    this.#send({ type: "analysed", request, names });
  }

  #sendOutput(run: number, output: Output): void {
    this.#send({ type: "output", run, output });
  }
}

/** A cell that does not compile has no names: what it needs is told when it runs. */
function namesOfCell(source: string): CellNames {
  const compiled = compileCell(source);
  if (compiled.kind === "compiled") return compiled.names;
  return { declares: [], reads: [], writes: [] };
}

// Taken before any other code could replace them.
const { performance: hostPerformance, setTimeout: hostSetTimeout } = globalThis;
