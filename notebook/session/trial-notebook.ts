/** A notebook without a browser, for tests: real compiler and realm in this process. */

import type { Output } from "#notebook/document";
import { compileCell, createRealm, type Realm } from "#notebook/runtime";
import type {
  CellNames,
  CellToRun,
  RunOutcome,
  Sandbox,
  SandboxTerminals,
} from "../runtime/protocol.ts";
import type {
  Agreement,
  CellVersion,
  KeepResult,
  LocalDrafts,
  RemoteNotebook,
  TabChange,
} from "./drafts.ts";
import { Notebook } from "./notebook.ts";
import type { SessionCell } from "./session-cell.ts";
import type { SessionState } from "./state.ts";

interface TrialOptions {
  hasOutput?: boolean;
  /** A run starts only then. */
  before?: Promise<void>;
  drafts?: LocalDrafts;
  remote?: RemoteNotebook;
}

/** Opens a notebook with cells `c1`, `c2`, ... */
export function openNotebook(sources: readonly string[], options: TrialOptions = {}): Notebook {
  const cells = sources.map((source, index) => ({
    id: `c${index + 1}`,
    number: index + 1,
    source,
    hasOutput: options.hasOutput ?? false,
  }));
  const drafts = options.drafts ?? new MemoryDrafts(new MemoryStore());
  return new Notebook("trial", cells, {
    openSandbox: async () => new ProcessSandbox(options.before),
    openDrafts: async () => drafts,
    loadCellTypes: async () => "",
    remote: options.remote,
  });
}

export function cellsOf(notebook: Notebook): readonly SessionCell[] {
  return notebook.state().cells;
}

/** Waits until nothing runs or waits, or until `isReached`. */
export function settledState(
  notebook: Notebook,
  isReached: (state: SessionState) => boolean = isQuiet,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isReached(notebook.state())) return;
      stop();
      resolve();
    };
    const stop = notebook.subscribe(look);
    queueMicrotask(look);
  });
}

function isQuiet({ wanted, queue, running }: SessionState): boolean {
  return wanted.length === 0 && queue.length === 0 && running === undefined;
}

/** A door that a test opens. */
export function heldBack(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Runs cells in this process. What it cannot do is end a loop: runs that wait end at once. */
class ProcessSandbox implements Sandbox {
  readonly ready = Promise.resolve();
  readonly terminals = NO_TERMINALS;
  readonly #before: Promise<void>;
  #realm: Realm = createRealm();
  #end: () => void = () => undefined;

  constructor(before: Promise<void> = Promise.resolve()) {
    this.#before = before;
  }

  async run(cell: CellToRun, onOutput: (output: Output) => void): Promise<RunOutcome> {
    const ended = new Promise<RunOutcome>((resolve) => {
      this.#end = () => resolve({ kind: "interrupted" });
    });
    return Promise.race([ended, this.#before.then(() => this.#run(cell, onOutput))]);
  }

  async #run(cell: CellToRun, onOutput: (output: Output) => void): Promise<RunOutcome> {
    const compiled = compileCell(cell.source);
    if (compiled.kind === "refused") {
      const { line, column, message } = compiled;
      const frames = [{ cellId: cell.id, line, column }];
      onOutput({ kind: "error", name: "SyntaxError", message, frames });
      return { kind: "error", ms: 0 };
    }
    const kind = await this.#realm.runCell(cell.id, compiled, { seed: 1, onOutput });
    return { kind, ms: 0 };
  }

  async analyse(cells: readonly CellToRun[]): Promise<ReadonlyMap<string, CellNames>> {
    return new Map(
      cells.flatMap(({ id, source }) => {
        const compiled = compileCell(source);
        return compiled.kind === "refused" ? [] : [[id, compiled.names] as const];
      }),
    );
  }

  /** Here no machine is kept. */
  async inspect(): Promise<undefined> {
    return undefined;
  }

  interrupt(): void {
    this.#end();
  }

  async restart(): Promise<void> {
    this.#end();
    this.#realm = createRealm();
  }

  close(): void {
    this.#end();
  }
}

/** Here no terminal outlives its cell. */
const NO_TERMINALS: SandboxTerminals = {
  type: () => undefined,
  resize: () => undefined,
  seen: () => undefined,
  listener: undefined,
};

/** What the tabs of one browser share. */
export class MemoryStore {
  readonly drafts = new Map<string, { source: string; at: number }>();
  readonly versions: { cellId: string; source: string; at: number }[] = [];
  readonly guesses = new Map<string, string>();
  agreed: Agreement = { revision: 0, cells: {}, held: [] };
  readonly tabs: MemoryDrafts[] = [];
}

/** One tab's view of the store; other tabs hear of it when `tell` is called. */
export class MemoryDrafts implements LocalDrafts {
  readonly #store: MemoryStore;
  readonly #known = new Map<string, string>();
  #listener: (change: TabChange) => void = () => undefined;

  constructor(store: MemoryStore) {
    this.#store = store;
    store.tabs.push(this);
  }

  async texts(): Promise<ReadonlyMap<string, string>> {
    return new Map([...this.#store.drafts].map(([id, { source }]) => [id, source]));
  }

  async keep(cellId: string, source: string): Promise<KeepResult> {
    const present = this.#store.drafts.get(cellId);
    const base = this.#known.get(cellId);
    if (present !== undefined && present.source !== base && present.source !== source) {
      const theirs = present.source;
      return { kind: "changed-elsewhere", theirs, base: base ?? "", at: present.at };
    }
    await this.overwrite(cellId, source);
    return { kind: "kept" };
  }

  async overwrite(cellId: string, source: string): Promise<void> {
    this.#store.drafts.set(cellId, { source, at: 1 });
    this.#known.set(cellId, source);
  }

  adopted(cellId: string, source: string): void {
    this.#known.set(cellId, source);
  }

  async remember(cellId: string, source: string): Promise<void> {
    this.#store.versions.push({ cellId, source, at: this.#store.versions.length });
  }

  async versions(cellId: string): Promise<readonly CellVersion[]> {
    return this.#store.versions
      .filter((version) => version.cellId === cellId)
      .map(({ source, at }) => ({ source, at, where: "here" }));
  }

  async agreement(): Promise<Agreement> {
    return this.#store.agreed;
  }

  async agree(agreement: Agreement): Promise<void> {
    this.#store.agreed = agreement;
  }

  async guess(cellId: string): Promise<string | undefined> {
    return this.#store.guesses.get(cellId);
  }

  async keepGuess(cellId: string, guess: string): Promise<void> {
    this.#store.guesses.set(cellId, guess);
  }

  onTabChange(listener: (change: TabChange) => void): void {
    this.#listener = listener;
  }

  /** What a broadcast of another tab does. */
  hear(cellId: string, source: string, original: string): void {
    const base = this.#known.get(cellId) ?? original;
    this.#listener({ cellId, source, base, at: 1 });
  }

  close(): void {
    this.#listener = () => undefined;
  }
}
