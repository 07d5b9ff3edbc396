/**
 * The sandbox of one notebook: a Worker that runs its cells, and a spare one that is booted
 * already. After an interrupt or a crash the spare takes over and runs the finished cells again.
 */

import type { InspectorQuery } from "#kernel-sim";
import { CELL_SEED, type Output } from "#notebook/document";
import type {
  CellNames,
  CellToRun,
  InspectedMoment,
  RunOutcome,
  Sandbox,
  SchedulesQuery,
} from "../../runtime/protocol.ts";
import { CellWorker, type WorkerEnd } from "./cell-worker.ts";
import { openFrame, type SandboxFrame } from "./frame.ts";
import { neededParts, type SandboxPart } from "./needed-parts.ts";
import { RunOutputs } from "./run-outputs.ts";
import { Terminals, type TerminalsOfRun } from "./terminals.ts";

const LOOK_EVERY_MS = 2_000;

/** A run that has ended, with the terminals that it has left behind. */
interface FinishedRun {
  readonly cell: CellToRun;
  readonly terminals: TerminalsOfRun;
}

export class CellSandbox implements Sandbox {
  readonly ready: Promise<void>;
  readonly terminals = new Terminals();
  #frame: Promise<SandboxFrame>;
  #worker: Promise<CellWorker>;
  #spare: Promise<CellWorker>;
  /** What has run to its end since the last restart, in order. */
  #finished: FinishedRun[] = [];
  /** One run at a time, and none before a replay is done. */
  #queue: Promise<unknown>;
  /** Ends the runs of which `generation` was smaller. */
  #generation = 0;
  /** A cell runs, or what it needs is being loaded. */
  #isRunning = false;
  #isClosed = false;
  /** What the Workers have besides their base. */
  #parts: ReadonlySet<SandboxPart> = new Set();

  constructor() {
    this.#frame = openFrame(this.#parts);
    this.#worker = this.#frame.then((frame) => this.#newWorker(frame));
    this.ready = this.#worker.then((worker) => worker.ready);
    // Not before the first one is ready: it would take the first one's time.
    this.#spare = this.ready.then(() => this.#startWorker());
    this.#queue = this.ready;
    // Whoever waits for `ready` or runs a cell hears of a failure.
    for (const promise of [this.#queue, this.#spare]) promise.catch(() => undefined);
  }

  run(cell: CellToRun, onOutput: (output: Output) => void): Promise<RunOutcome> {
    const generation = this.#generation;
    return this.#enqueue(async () => {
      // Asked for before an interrupt or a restart, and not begun.
      if (generation !== this.#generation) return { kind: "interrupted" };
      const began = performance.now();
      const missing = neededParts(cell.source).filter((part) => !this.#parts.has(part));
      if (missing.length > 0) await this.#loadParts(missing, generation);
      const end = await this.#runWithParts(cell, onOutput, generation);
      if (end.kind !== "died") return end;
      if (generation !== this.#generation) return { kind: "interrupted" };
      onOutput(crashed());
      await this.#takeOver();
      return { kind: "error", ms: performance.now() - began };
    });
  }

  async inspect(
    cell: string,
    machine: number,
    query: InspectorQuery,
    schedules?: SchedulesQuery,
  ): Promise<InspectedMoment | undefined> {
    return (await this.#worker).inspect(cell, machine, query, schedules);
  }

  async analyse(cells: readonly CellToRun[]): Promise<ReadonlyMap<string, CellNames>> {
    // The spare one has nothing to do, while the other may be busy for ever.
    for (;;) {
      const spare = await this.#spare;
      const names = await spare.analyse(cells);
      if (names !== undefined) return names;
      if (this.#isClosed) return new Map();
      if (spare === (await this.#spare)) this.#spare = this.#startWorker();
    }
  }

  interrupt(): void {
    if (!this.#isRunning) return;
    // What is being loaded goes on, but once is enough.
    this.#isRunning = false;
    this.#generation++;
    const dying = this.#worker;
    this.#promoteSpare();
    void dying.then((worker) => worker.end());
    void this.#enqueue(() => this.#replay());
  }

  async restart(): Promise<void> {
    this.#generation++;
    this.#finished = [];
    const dying = this.#worker;
    this.#promoteSpare();
    (await dying).end();
    await this.#enqueue(async () => (await this.#worker).ready);
  }

  close(): void {
    this.#isClosed = true;
    this.#generation++;
    for (const worker of [this.#worker, this.#spare]) {
      worker.then((open) => open.end()).catch(() => undefined);
    }
    this.#frame.then((frame) => frame.close()).catch(() => undefined);
  }

  #enqueue<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #startWorker(): Promise<CellWorker> {
    const worker = this.#newWorker(await this.#frame);
    await worker.ready;
    return worker;
  }

  #newWorker(frame: SandboxFrame): CellWorker {
    const worker = new CellWorker(frame);
    this.terminals.listenTo(worker);
    return worker;
  }

  #promoteSpare(): void {
    this.#worker = this.#spare;
    this.#spare = this.#worker.then(() => this.#startWorker());
    this.#spare.catch(() => undefined);
  }

  /** A run that misses a part is made once more with it: to the same end, as a run is deterministic. */
  async #runWithParts(
    cell: CellToRun,
    onOutput: (output: Output) => void,
    generation: number,
  ): Promise<RunOutcome | { readonly kind: "died" }> {
    const outputs = new RunOutputs();
    let terminals: TerminalsOfRun = [];
    for (;;) {
      // Interrupted or restarted while parts were loaded: the Worker is no longer for this run.
      if (generation !== this.#generation) return { kind: "interrupted" };
      const worker = await this.#worker;
      const before = terminals;
      const opened: number[] = [];
      const end = await this.#watch(worker, cell, (output) => {
        const fresh = outputs.fresh(output);
        if (fresh === undefined) this.terminals.again(worker, output, before, opened);
        else onOutput(this.terminals.numbered(worker, fresh, opened));
      });
      if (end.kind === "died") return end;
      if (end.kind !== "missed") {
        this.#finished.push({ cell, terminals: opened });
        return end;
      }
      // An honest Worker does not miss what it has.
      if (this.#parts.has(end.part)) return { kind: "died" };
      await this.#loadParts([end.part], generation);
      terminals = opened;
      outputs.beginAgain();
    }
  }

  /** The first cell that needs them: Workers with these parts take over from those without. */
  async #loadParts(missing: readonly SandboxPart[], generation: number): Promise<void> {
    const parts = new Set([...this.#parts, ...missing]);
    this.#isRunning = true;
    try {
      await (await this.#frame).load(parts);
      this.#parts = parts;
      // Both at once: a restart meanwhile would change them.
      const old = [this.#worker, this.#spare];
      this.#worker = this.#startWorker();
      this.#spare = this.#worker.then(() => this.#startWorker());
      this.#spare.catch(() => undefined);
      for (const worker of old) worker.then((open) => open.end()).catch(() => undefined);
      // After an interrupt a replay is waiting already, and after a restart there is nothing to replay.
      if (generation === this.#generation) await this.#replay();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Runs what had finished again, in order; its outputs stand in the page already. */
  async #replay(): Promise<void> {
    const worker = await this.#worker;
    await worker.ready;
    for (const { cell, terminals } of this.#finished) {
      const opened: number[] = [];
      await worker.run(cell, CELL_SEED, (output) =>
        this.terminals.again(worker, output, terminals, opened),
      );
    }
  }

  /** The Worker of the current run has died. Its frame may have died with it. */
  async #takeOver(): Promise<void> {
    const frame = await this.#frame;
    if (await frame.isAlive()) {
      this.#promoteSpare();
    } else {
      frame.close();
      this.#frame = openFrame(this.#parts);
      this.#worker = this.#startWorker();
      this.#spare = this.#worker.then(() => this.#startWorker());
      this.#spare.catch(() => undefined);
    }
    await this.#replay();
  }

  /** Looks now and then whether the frame is still there: a dead process says nothing. */
  async #watch(
    worker: CellWorker,
    cell: CellToRun,
    onOutput: (output: Output) => void,
  ): Promise<WorkerEnd> {
    const frame = await this.#frame;
    const look = setInterval(async () => {
      if (!(await frame.isAlive())) worker.end();
    }, LOOK_EVERY_MS);
    this.#isRunning = true;
    try {
      return await worker.run(cell, CELL_SEED, onOutput);
    } finally {
      this.#isRunning = false;
      clearInterval(look);
    }
  }
}

function crashed(): Output {
  return {
    kind: "error",
    name: "Crashed",
    message:
      "The sandbox ended while this cell ran, most likely because it took too much memory. " +
      "Names of the other cells are being restored.",
    frames: [],
  };
}
