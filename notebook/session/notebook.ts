import type { Output } from "#notebook/document";
import type {
  CellToRun,
  InspectedMoment,
  InspectorRequest,
  RunOutcome,
  Sandbox,
} from "../runtime/protocol.ts";
import { planRun } from "./dataflow.ts";
import type { CellVersion, LocalDrafts, RemoteNotebook, SavedState } from "./drafts.ts";
import { Keeper } from "./keeper.ts";
import type { LectureCell, SessionCell } from "./session-cell.ts";
import {
  cellOf,
  type Effect,
  openState,
  type SessionEvent,
  type SessionState,
  step,
} from "./state.ts";
import { NotebookTerminals } from "./terminals.ts";

/** What a notebook needs of the world. */
export interface NotebookPorts {
  openSandbox(): Promise<Sandbox>;
  openDrafts(): Promise<LocalDrafts>;
  /** What is global in every cell, as TypeScript declarations. */
  loadCellTypes(): Promise<string>;
  readonly remote: RemoteNotebook | undefined;
}

/** Outputs that come within this time are shown together, in ms. */
const BATCH_MS = 30;
/** A pause in typing after which names are looked at again, in ms. */
const PAUSE_MS = 400;
/** Between two requests to end the same run, in ms. */
const INSIST_MS = 50;

/** One open notebook: the pure machine of `state.ts`, and what it has done in the world. */
export class Notebook {
  readonly slug: string;
  /** What cells have left alive for the reader to type at. */
  readonly terminals = new NotebookTerminals();
  readonly #ports: NotebookPorts;
  readonly #listeners = new Set<() => void>();
  readonly #keeper: Keeper;
  #state: SessionState;
  #sandbox: Promise<Sandbox> | undefined;
  /** What the sandbox is asked to do, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #analysis: ReturnType<typeof setTimeout> | undefined;
  /** Raised by a restart: what an older run still says is not listened to. */
  #epoch = 0;
  #isStopWanted = false;
  #isClosed = false;
  #cellTypes: Promise<string> | undefined;

  constructor(slug: string, cells: readonly LectureCell[], ports: NotebookPorts) {
    this.slug = slug;
    this.#ports = ports;
    this.#state = openState(cells);
    this.#keeper = new Keeper(slug, ports, {
      cells: () => this.#state.cells,
      send: (event) => this.#send(event),
      changed: () => this.#tell(),
    });
  }

  /** Reads what was kept from earlier visits. Called once the page is alive. */
  open(): void {
    this.#isClosed = false;
    this.#keeper.open();
  }

  close(): void {
    this.#isClosed = true;
    this.#keeper.close();
    clearTimeout(this.#analysis);
    this.#sandbox?.then((sandbox) => sandbox.close()).catch(() => undefined);
    this.#sandbox = undefined;
    this.terminals.disconnect();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SessionState => this.#state;
  readonly saved = (): SavedState => this.#keeper.saved;

  cell(id: string): SessionCell | undefined {
    return cellOf(this.#state, id);
  }

  /** The lecture's own text has changed: its author is writing it. */
  revise(cells: readonly LectureCell[]): void {
    this.#send({ type: "revised", cells });
  }

  select(id: string): void {
    if (this.#state.selected !== id) this.#send({ type: "selected", id });
  }

  startEditing(id: string): void {
    this.#send({ type: "editing", id });
  }

  stopEditing(): void {
    this.#send({ type: "editing", id: undefined });
  }

  edit(id: string, source: string): void {
    this.#send({ type: "edited", id, source });
  }

  /** Every keystroke is kept anyway; this sends it at once, and says where it is. */
  save(): void {
    this.#keeper.saveNow();
    this.#send({ type: "said", text: "Your texts are kept." });
  }

  /** Back to the lecture's text; the reader's stays in the history. */
  reset(id: string): void {
    const cell = this.cell(id);
    if (cell === undefined || cell.source === cell.original) return;
    this.#perform({ type: "remember", id, source: cell.source });
    this.edit(id, cell.original);
  }

  /** Numbers of the cells that a run of this one means: it and what it needs. */
  numbersToRun(id: string): readonly number[] {
    const { cells, names } = this.#state;
    const ids = names === undefined ? [id] : planRun(cells, names, [id]);
    return cells.filter((cell) => ids.includes(cell.id)).map((cell) => cell.number);
  }

  run(ids: readonly string[]): void {
    this.#send({ type: "run-wanted", ids });
  }

  runAll(): void {
    this.run(this.#state.cells.map((cell) => cell.id));
  }

  runAbove(id: string): void {
    const { cells } = this.#state;
    this.run(
      cells
        .slice(
          0,
          cells.findIndex((cell) => cell.id === id),
        )
        .map((cell) => cell.id),
    );
  }

  /** This cell and all below it. */
  runBelow(id: string): void {
    const { cells } = this.#state;
    this.run(cells.slice(cells.findIndex((cell) => cell.id === id)).map((cell) => cell.id));
  }

  interrupt(): void {
    this.#send({ type: "interrupt-wanted" });
  }

  restart(): void {
    this.#send({ type: "restart-wanted" });
  }

  restartAndRunAll(): void {
    this.restart();
    this.runAll();
  }

  toggleOutput(id: string): void {
    this.#send({ type: "output-toggled", id });
  }

  resolveConflict(id: string, source: string): void {
    this.#keeper.willOverwrite(id);
    this.#send({ type: "conflict-resolved", id, source });
  }

  /** Declarations for the editor; "" when they cannot be had now. */
  cellTypes(): Promise<string> {
    this.#cellTypes ??= this.#ports.loadCellTypes().catch(() => {
      this.#cellTypes = undefined;
      return "";
    });
    return this.#cellTypes;
  }

  versions(id: string): Promise<readonly CellVersion[]> {
    return this.#keeper.versions(id);
  }

  guess(cellId: string): Promise<string | undefined> {
    return this.#keeper.guess(cellId);
  }

  keepGuess(cellId: string, guess: string): void {
    this.#keeper.keepGuess(cellId, guess);
  }

  /** What an expression is worth after the cells that have run: for predictions. */
  async evaluate(id: string, expression: string): Promise<string | undefined> {
    let text: string | undefined;
    await this.#inSandbox(async (sandbox) => {
      await sandbox.run({ id, source: expression }, (output) => {
        if (output.kind === "result") text = output.bundle["text/plain"];
      });
    });
    return text;
  }

  /** One moment of a machine that a cell has run, once what runs now has ended; undefined when there is none. */
  async inspect(
    cellId: string,
    { machine, schedules, ...query }: InspectorRequest,
  ): Promise<InspectedMoment | undefined> {
    let found: InspectedMoment | undefined;
    await this.#inSandbox(async (sandbox) => {
      found = await sandbox.inspect(cellId, machine, query, schedules);
    });
    return found;
  }

  /** Takes over a text that somebody else has written; the reader's own stays in the history. */
  bring(id: string, source: string): void {
    const cell = this.cell(id);
    if (cell === undefined || cell.source === source) return;
    this.#perform({ type: "remember", id, source: cell.source });
    this.edit(id, source);
  }

  #send(event: SessionEvent): void {
    const { state, effects } = step(this.#state, event);
    if (state !== this.#state) {
      this.#state = state;
      this.#tell();
    }
    for (const effect of effects) this.#perform(effect);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "analyse":
        this.#analyseSoon();
        return;
      case "run":
        this.#run(effect);
        return;
      case "interrupt":
        this.#isStopWanted = true;
        this.#interrupt();
        return;
      case "restart":
        this.#restart();
        return;
      case "keep":
        this.#keeper.keep(effect.id, effect.source);
        return;
      case "remember":
        this.#keeper.remember(effect.id, effect.source);
        return;
    }
  }

  #analyseSoon(): void {
    clearTimeout(this.#analysis);
    // A run waits for it, a reader who types does not.
    const delay = this.#state.wanted.length > 0 ? 0 : PAUSE_MS;
    this.#analysis = setTimeout(() => void this.#analyse(), delay);
  }

  /** Beside the runs: it is answered while a cell is busy, too. */
  async #analyse(): Promise<void> {
    const sandbox = await this.#openedSandbox();
    if (sandbox === undefined) return;
    const cells = this.#state.cells.map(({ id, source }) => ({ id, source }));
    const names = await sandbox.analyse(cells).catch(() => undefined);
    this.#send({ type: "analysed", names });
  }

  /** A run that is asked for is not yet one that can be ended: said again until it has ended. */
  #interrupt(): void {
    if (!this.#isStopWanted || this.#state.running === undefined) return;
    this.#sandbox?.then((sandbox) => sandbox.interrupt()).catch(() => undefined);
    setTimeout(() => this.#interrupt(), INSIST_MS);
  }

  #run(cell: CellToRun): void {
    this.#isStopWanted = false;
    const epoch = this.#epoch;
    const isOurs = () => epoch === this.#epoch;
    void this.#inSandbox(async (sandbox) => {
      if (!isOurs()) return;
      const batch = new Batch((outputs) => {
        if (isOurs()) this.#send({ type: "output", id: cell.id, outputs });
      });
      const outcome = await sandbox
        .run(cell, (output) => batch.add(output))
        .catch((error: unknown): RunOutcome => {
          batch.add(asOutput(error));
          return { kind: "error", ms: 0 };
        });
      batch.flush();
      if (isOurs()) this.#send({ type: "finished", id: cell.id, outcome, at: Date.now() });
    });
  }

  #restart(): void {
    this.#epoch += 1;
    const restarting = this.#sandbox?.then((sandbox) => sandbox.restart());
    if (restarting === undefined) return;
    // Not after the running cell, which may never end; but before whatever is asked next.
    this.#work = restarting.catch(() => this.#lose());
  }

  #inSandbox(work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
    const done = this.#work.then(async () => {
      const sandbox = await this.#openedSandbox();
      if (sandbox !== undefined) await work(sandbox);
    });
    this.#work = done.catch(() => undefined);
    return this.#work;
  }

  async #openedSandbox(): Promise<Sandbox | undefined> {
    if (this.#isClosed) return undefined;
    if (this.#sandbox === undefined) {
      this.#send({ type: "sandbox", state: "opening" });
      this.#sandbox = this.#ports.openSandbox();
    }
    try {
      const sandbox = await this.#sandbox;
      await sandbox.ready;
      this.terminals.connect(sandbox.terminals);
      if (this.#state.sandbox !== "ready") this.#send({ type: "sandbox", state: "ready" });
      return sandbox;
    } catch {
      this.#lose();
      return undefined;
    }
  }

  /** The next run tries to open another one. */
  #lose(): void {
    this.#sandbox = undefined;
    this.terminals.disconnect();
    this.#send({ type: "sandbox", state: "failed" });
  }
}

/** Collects outputs that come fast, so that a page with ten thousand lines stays alive. */
class Batch {
  readonly #show: (outputs: readonly Output[]) => void;
  #waiting: Output[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(show: (outputs: readonly Output[]) => void) {
    this.#show = show;
  }

  add(output: Output): void {
    this.#waiting.push(output);
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length > 0) this.#show(this.#waiting.splice(0));
  }
}

function asOutput(error: unknown): Output {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: "error", name, message, frames: [] };
}
