/**
 * One open notebook as a pure machine: `step(state, event)` answers the next state and what has to
 * be done in the world (`Effect`). It knows no clock, no browser and no sandbox.
 */

import type { Output } from "#notebook/document";
import type { RunOutcome } from "../runtime/protocol.ts";
import { isBusy, type SettledStatus, settled } from "./cell-status.ts";
import { type NamesOfCells, planRun, staleCells } from "./dataflow.ts";
import { endOfRun, type Message, messageOfStale } from "./message.ts";
import { type Conflict, type LectureCell, type SessionCell, sessionCell } from "./session-cell.ts";

export type SandboxState = "unopened" | "opening" | "ready" | "failed";

export interface SessionState {
  readonly cells: readonly SessionCell[];
  /** Those that a text which is being written has lost: they come back as they were. */
  readonly gone: readonly SessionCell[];
  readonly sandbox: SandboxState;
  /** Top-level names of the cells' present texts; undefined until the first analysis. */
  readonly names: NamesOfCells | undefined;
  /** Wanted, and waiting for an analysis to say what else has to run. */
  readonly wanted: readonly string[];
  /** Planned, in the order they run. */
  readonly queue: readonly string[];
  readonly running: { readonly id: string; readonly source: string } | undefined;
  /** The cell whose editor is open. */
  readonly editing: string | undefined;
  /** The cell that keys and menu speak of. */
  readonly selected: string | undefined;
  /** How many runs have ended. */
  readonly runs: number;
  /** What a screen reader is to say, each text once. */
  readonly message: Message | undefined;
}

export type SessionEvent =
  | { readonly type: "selected"; readonly id: string }
  | { readonly type: "editing"; readonly id: string | undefined }
  | { readonly type: "edited"; readonly id: string; readonly source: string }
  /** The lecture itself has changed, while its author looks at it. */
  | { readonly type: "revised"; readonly cells: readonly LectureCell[] }
  /** Texts that were kept from an earlier visit. */
  | { readonly type: "restored"; readonly sources: ReadonlyMap<string, string> }
  /** Another tab or device has another text; `base` is the last one that both knew, if any. */
  | {
      readonly type: "found-elsewhere";
      readonly id: string;
      readonly base: string | undefined;
      readonly conflict: Conflict;
    }
  | { readonly type: "conflict-resolved"; readonly id: string; readonly source: string }
  | { readonly type: "run-wanted"; readonly ids: readonly string[] }
  | { readonly type: "analysed"; readonly names: NamesOfCells | undefined }
  | { readonly type: "sandbox"; readonly state: SandboxState }
  | { readonly type: "output"; readonly id: string; readonly outputs: readonly Output[] }
  | {
      readonly type: "finished";
      readonly id: string;
      readonly outcome: RunOutcome;
      readonly at: number;
    }
  | { readonly type: "interrupt-wanted" }
  | { readonly type: "restart-wanted" }
  | { readonly type: "said"; readonly text: string }
  | { readonly type: "output-toggled"; readonly id: string };

/** What has to be done in the world after a step. */
export type Effect =
  /** Ask which names the cells declare and read; the answer is `analysed`. */
  | { readonly type: "analyse" }
  | { readonly type: "run"; readonly id: string; readonly source: string }
  | { readonly type: "interrupt" }
  | { readonly type: "restart" }
  /** Keep the text on this device, and on the server when signed in. */
  | { readonly type: "keep"; readonly id: string; readonly source: string }
  /** Remember a text that would be gone otherwise. */
  | { readonly type: "remember"; readonly id: string; readonly source: string };

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly Effect[];
}

export function openState(cells: readonly LectureCell[]): SessionState {
  return {
    cells: cells.map(sessionCell),
    gone: [],
    sandbox: "unopened",
    names: undefined,
    wanted: [],
    queue: [],
    running: undefined,
    editing: undefined,
    selected: undefined,
    runs: 0,
    message: undefined,
  };
}

export function step(state: SessionState, event: SessionEvent): Step {
  switch (event.type) {
    case "selected":
      return only({ ...state, selected: event.id });
    case "editing":
      return only({ ...state, editing: event.id, selected: event.id ?? state.selected });
    case "edited":
      return edited(state, event.id, event.source);
    case "revised":
      return revised(state, event.cells);
    case "restored":
      return restored(state, event.sources);
    case "found-elsewhere":
      return foundElsewhere(state, event.id, event.base, event.conflict);
    case "conflict-resolved":
      return conflictResolved(state, event.id, event.source);
    case "run-wanted":
      return runWanted(state, event.ids);
    case "analysed":
      return analysed(state, event.names);
    case "sandbox":
      return sandboxChanged(state, event.state);
    case "output":
      return only(outputCame(state, event.id, event.outputs));
    case "finished":
      return finished(state, event.id, event.outcome, event.at);
    case "interrupt-wanted":
      return interrupted(state);
    case "restart-wanted":
      return restarted(state);
    case "said":
      return only(say(state, "polite", event.text));
    case "output-toggled":
      return only(
        mapCell(state, event.id, (cell) => ({ ...cell, isOutputHidden: !cell.isOutputHidden })),
      );
  }
}

function edited(state: SessionState, id: string, source: string): Step {
  if (cellOf(state, id)?.source === source) return only(state);
  const next = mapCell(state, id, (cell) => ({ ...cell, source }));
  return { state: next, effects: [{ type: "keep", id, source }, { type: "analyse" }] };
}

function revised(state: SessionState, lecture: readonly LectureCell[]): Step {
  const known = new Map([...state.gone, ...state.cells].map((cell) => [cell.id, cell]));
  const cells = lecture.map((cell) => revisedCell(known.get(cell.id), cell));
  for (const { id } of cells) known.delete(id);
  const next = { ...state, cells, gone: [...known.values()] };
  // Nobody has asked for names yet: no sandbox is opened for them.
  return { state: next, effects: state.names === undefined ? [] : [{ type: "analyse" }] };
}

/** What the reader has typed and what has run stay. */
function revisedCell(before: SessionCell | undefined, cell: LectureCell): SessionCell {
  const fresh = sessionCell(cell);
  if (before === undefined) return fresh;
  const isTouched = before.source !== before.original;
  return {
    ...before,
    number: fresh.number,
    title: fresh.title,
    original: fresh.original,
    source: isTouched ? before.source : fresh.source,
    output: before.output.kind === "run" ? before.output : fresh.output,
  };
}

function restored(state: SessionState, sources: ReadonlyMap<string, string>): Step {
  const cells = state.cells.map((cell) => {
    const source = sources.get(cell.id);
    // What was typed before the store answered is newer.
    const isTouched = cell.source !== cell.original;
    return source === undefined || isTouched ? cell : { ...cell, source };
  });
  return only({ ...state, cells });
}

function foundElsewhere(
  state: SessionState,
  id: string,
  base: string | undefined,
  conflict: Conflict,
): Step {
  const cell = cellOf(state, id);
  if (cell === undefined) return only(state);
  if (cell.source === conflict.theirs) {
    return only(mapCell(state, id, (mine) => ({ ...mine, conflict: undefined })));
  }
  // Nothing was typed here: there is nothing to lose. But no text changes under a cursor.
  if (cell.source === base && cell.conflict === undefined && state.editing !== id) {
    const next = mapCell(state, id, (mine) => ({ ...mine, source: conflict.theirs }));
    const text = `Cell ${cell.number} was changed ${inWords(conflict)} and shows that text now.`;
    return { state: say(next, "polite", text), effects: [{ type: "analyse" }] };
  }
  const next = mapCell(state, id, (mine) => ({ ...mine, conflict }));
  const text = `Cell ${cell.number} was changed ${inWords(conflict)}, too. Both texts are kept.`;
  return only(cell.conflict === undefined ? say(next, "assertive", text) : next);
}

function inWords({ from }: Conflict): string {
  return from === "tab" ? "in another tab" : "on another device";
}

function conflictResolved(state: SessionState, id: string, source: string): Step {
  const cell = cellOf(state, id);
  // Neither text is lost, whichever goes on.
  const texts = [cell?.source, cell?.conflict?.theirs].filter((text) => text !== undefined);
  const next = mapCell(state, id, (mine) => ({ ...mine, source, conflict: undefined }));
  return {
    state: next,
    effects: [
      ...texts.map((text): Effect => ({ type: "remember", id, source: text })),
      { type: "keep", id, source },
      { type: "analyse" },
    ],
  };
}

function runWanted(state: SessionState, ids: readonly string[]): Step {
  const wanted = ids.filter((id) => {
    const cell = cellOf(state, id);
    return cell !== undefined && !isBusy(cell.status);
  });
  if (wanted.length === 0) return only(state);
  const next = {
    ...setWaiting(state, wanted),
    wanted: [...state.wanted, ...wanted],
  };
  return { state: next, effects: [{ type: "analyse" }] };
}

function analysed(state: SessionState, names: NamesOfCells | undefined): Step {
  const known = { ...state, names: names ?? state.names };
  const planned =
    known.names === undefined ? state.wanted : planRun(known.cells, known.names, state.wanted);
  const added = planned.filter((id) => !known.queue.includes(id) && known.running?.id !== id);
  const next = setWaiting({ ...known, wanted: [], queue: [...known.queue, ...added] }, added);
  return startNext(withStaleness(next));
}

function sandboxChanged(state: SessionState, sandbox: SandboxState): Step {
  const next = { ...state, sandbox };
  if (sandbox !== "failed") return only(next);
  const text = "The machine could not be started. Your texts are kept; try to run the cell again.";
  return only(say(emptyQueue({ ...next, running: undefined }), "assertive", text));
}

/** Starts the first of the queue, unless one is running. */
function startNext(state: SessionState): Step {
  const [id, ...queue] = state.queue;
  const cell = id === undefined ? undefined : cellOf(state, id);
  if (state.running !== undefined || cell === undefined) return only(state);
  const running = { id: cell.id, source: cell.source };
  const next = mapCell({ ...state, queue, running }, cell.id, (mine) => ({
    ...mine,
    isOutputHidden: false,
    status: { kind: "running", since: state.runs, before: settled(mine.status) },
  }));
  return { state: next, effects: [{ type: "run", ...running }] };
}

function outputCame(state: SessionState, id: string, outputs: readonly Output[]): SessionState {
  const { running } = state;
  if (running?.id !== id) return state;
  return mapCell(state, id, (cell) => ({
    ...cell,
    output: {
      kind: "run",
      source: running.source,
      // The output of the run before stays until the first new one comes: nothing jumps.
      items: isFresh(state, cell) ? [...itemsOf(cell), ...outputs] : outputs,
      run: state.runs,
    },
  }));
}

function itemsOf(cell: SessionCell): readonly Output[] {
  return cell.output.kind === "run" ? cell.output.items : [];
}

/** Whether what stands below the cell is already of the run that goes on now. */
function isFresh(state: SessionState, cell: SessionCell): boolean {
  return cell.output.kind === "run" && cell.output.run === state.runs;
}

function finished(state: SessionState, id: string, outcome: RunOutcome, at: number): Step {
  const { running } = state;
  if (running?.id !== id) return only(state);
  const cell = cellOf(state, id);
  if (cell === undefined) return startNext({ ...state, running: undefined, runs: state.runs + 1 });
  const items = isFresh(state, cell) ? itemsOf(cell) : [];
  const isOk = outcome.kind === "ok";
  const modes = outcome.kind === "interrupted" ? undefined : outcome.modes;
  const searches = outcome.kind === "interrupted" ? undefined : outcome.searches;
  const done = mapCell(state, id, (mine) => ({
    ...mine,
    status: statusAfter(mine, items, outcome, at),
    output: { kind: "run", source: running.source, items, run: state.runs, modes, searches },
    lastRun:
      outcome.kind === "interrupted"
        ? mine.lastRun && { ...mine.lastRun, isOk: false }
        : { source: running.source, order: state.runs + 1, isOk, isAlive: true },
  }));
  const next = { ...done, running: undefined, runs: state.runs + 1 };
  const effects: readonly Effect[] = [{ type: "remember", id, source: running.source }];
  if (isOk) {
    const started = startNext(withStaleness(next));
    // One announcement for the whole of what was asked: the last run's end.
    const said =
      started.state.running === undefined
        ? sayEnd(started.state, id, items, outcome)
        : started.state;
    return { state: said, effects: [...effects, ...started.effects] };
  }
  return { state: sayEnd(withStaleness(emptyQueue(next)), id, items, outcome), effects };
}

function statusAfter(
  cell: SessionCell,
  items: readonly Output[],
  outcome: RunOutcome,
  at: number,
): SettledStatus {
  if (outcome.kind === "interrupted") return { kind: "interrupted" };
  if (outcome.kind === "ok") return { kind: "ran", ms: outcome.ms, at };
  const error = items.findLast((item) => item.kind === "error");
  return {
    kind: "failed",
    name: error?.name ?? "Error",
    line: error?.frames.find((frame) => frame.cellId === cell.id)?.line,
  };
}

function interrupted(state: SessionState): Step {
  const next = emptyQueue(state);
  return { state: next, effects: state.running === undefined ? [] : [{ type: "interrupt" }] };
}

function restarted(state: SessionState): Step {
  const quiet = emptyQueue(state);
  const cells = quiet.cells.map((cell): SessionCell => {
    const status = settled(cell.status);
    return {
      ...cell,
      status:
        cell.lastRun === undefined && cell.id !== quiet.running?.id ? status : afterRestart(status),
      lastRun: cell.lastRun && { ...cell.lastRun, isAlive: false },
    };
  });
  const next = withStaleness({ ...quiet, cells, running: undefined, runs: quiet.runs + 1 });
  return {
    state: say(next, "polite", "The machine was restarted. Texts and outputs stay."),
    effects: [{ type: "restart" }],
  };
}

function afterRestart(status: SettledStatus): SettledStatus {
  return status.kind === "failed" || status.kind === "interrupted" ? status : { kind: "forgotten" };
}

/** Takes everything that waits out of the queue. */
function emptyQueue(state: SessionState): SessionState {
  const cells = state.cells.map(
    (cell): SessionCell =>
      cell.status.kind === "waiting" ||
      (cell.status.kind === "running" && state.running?.id !== cell.id)
        ? { ...cell, status: cell.status.before }
        : cell,
  );
  return withStaleness({ ...state, cells, wanted: [], queue: [] });
}

function setWaiting(state: SessionState, ids: readonly string[]): SessionState {
  const cells = state.cells.map(
    (cell): SessionCell =>
      ids.includes(cell.id) && !isBusy(cell.status)
        ? { ...cell, status: { kind: "waiting", before: settled(cell.status) } }
        : cell,
  );
  return { ...state, cells };
}

/** Marks what is stale and what is no longer; cells at work are left alone. */
function withStaleness(state: SessionState): SessionState {
  if (state.names === undefined) return state;
  const stale = staleCells(state.cells, state.names);
  const cells = state.cells.map((cell): SessionCell => {
    if (isBusy(cell.status)) return cell;
    const changed = stale.get(cell.id);
    const before = settled(cell.status);
    if (changed === undefined) {
      return cell.status.kind === "stale" ? { ...cell, status: before } : cell;
    }
    return { ...cell, status: { kind: "stale", changed, before } };
  });
  return { ...state, cells };
}

function sayEnd(
  state: SessionState,
  id: string,
  items: readonly Output[],
  outcome: RunOutcome,
): SessionState {
  const cell = cellOf(state, id);
  if (cell === undefined) return state;
  const end = endOfRun(cell, items, outcome);
  const stale = state.cells.filter(({ status }) => status.kind === "stale");
  const text = stale.length === 0 ? end.text : `${end.text} ${messageOfStale(stale)}`;
  return say(state, end.tone, text);
}

function say(state: SessionState, tone: Message["tone"], text: string): SessionState {
  return { ...state, message: { number: (state.message?.number ?? 0) + 1, tone, text } };
}

function mapCell(
  state: SessionState,
  id: string,
  change: (cell: SessionCell) => SessionCell,
): SessionState {
  return { ...state, cells: state.cells.map((cell) => (cell.id === id ? change(cell) : cell)) };
}

export function cellOf(state: SessionState, id: string): SessionCell | undefined {
  return state.cells.find((cell) => cell.id === id);
}

function only(state: SessionState): Step {
  return { state, effects: [] };
}
