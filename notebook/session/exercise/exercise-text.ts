import type { LocalDrafts, RemoteNotebook, SavedState } from "../drafts.ts";
import { Keeper } from "../keeper.ts";
import type { Conflict } from "../session-cell.ts";
import { openState, type SessionEvent, type SessionState, step } from "../state.ts";
import { isTooLarge } from "./exercise-state.ts";
import type { RemoteExercise } from "./remote.ts";

/** The only cell of the notebook as which the text of an exercise is kept. */
export const TEXT_CELL = "submission";

interface ExerciseTextPorts {
  openDrafts(): Promise<OpenedDrafts>;
  readonly remote: RemoteNotebook | undefined;
  changed(): void;
}

export interface OpenedDrafts {
  readonly drafts: LocalDrafts;
  /** Typed here without an account, beside another text that is the person's own already. */
  readonly other: { readonly source: string; readonly at: number } | undefined;
}

/**
 * The text in the editor of an exercise, kept as the cells of a lecture are: here at once, on the
 * server soon, and never over another one.
 */
export class ExerciseText {
  readonly #ports: ExerciseTextPorts;
  readonly #keeper: Keeper;
  #state: SessionState;

  constructor(slug: string, starter: string, ports: ExerciseTextPorts) {
    this.#ports = ports;
    this.#state = openState([{ id: TEXT_CELL, number: 1, source: starter, hasOutput: false }]);
    const openDrafts = async () => {
      const { drafts, other } = await ports.openDrafts();
      if (other !== undefined) this.#showOther(other);
      return drafts;
    };
    this.#keeper = new Keeper(
      slug,
      { openDrafts, remote: ports.remote },
      {
        cells: () => this.#state.cells,
        send: (event) => this.#send(event),
        changed: () => ports.changed(),
      },
    );
  }

  open(): void {
    this.#keeper.open();
  }

  close(): void {
    this.#keeper.close();
  }

  get source(): string {
    return this.#cell?.source ?? "";
  }

  get original(): string {
    return this.#cell?.original ?? "";
  }

  get conflict(): Conflict | undefined {
    return this.#cell?.conflict;
  }

  get saved(): SavedState {
    return this.#keeper.saved;
  }

  get isEditing(): boolean {
    return this.#state.editing !== undefined;
  }

  /** While the editor is open, no other tab changes the text under the cursor. */
  setEditing(isEditing: boolean): void {
    this.#send({ type: "editing", id: isEditing ? TEXT_CELL : undefined });
  }

  edit(source: string): void {
    this.#send({ type: "edited", id: TEXT_CELL, source });
  }

  /** Back to the text that the exercise begins with; the other one stays in the history. */
  reset(): void {
    if (this.source === this.original) return;
    this.#keeper.remember(TEXT_CELL, this.source);
    this.edit(this.original);
  }

  resolveConflict(source: string): void {
    this.#keeper.willOverwrite(TEXT_CELL);
    this.#send({ type: "conflict-resolved", id: TEXT_CELL, source });
  }

  get #cell() {
    return this.#state.cells[0];
  }

  #showOther({ source, at }: { readonly source: string; readonly at: number }): void {
    const conflict = { theirs: source, from: "tab", at } as const;
    this.#send({ type: "found-elsewhere", id: TEXT_CELL, base: undefined, conflict });
  }

  #send(event: SessionEvent): void {
    const { state, effects } = step(this.#state, event);
    const isChanged = state !== this.#state;
    this.#state = state;
    for (const effect of effects) {
      if (effect.type === "keep") this.#keeper.keep(TEXT_CELL, effect.source);
      if (effect.type === "remember") this.#keeper.remember(TEXT_CELL, effect.source);
    }
    if (isChanged) this.#ports.changed();
  }
}

/** The server's draft of one exercise in the form in which notebooks are saved. */
export function draftAsNotebook(
  { id, starter, userId }: { id: string; starter: string; userId: string },
  remote: RemoteExercise,
): RemoteNotebook {
  const cellsOf = (source: string | undefined) =>
    source === undefined || source === starter ? {} : { [TEXT_CELL]: source };
  return {
    async load() {
      const loaded = await remote.loadDraft(id);
      if (loaded.kind === "denied") return { kind: "denied", because: "signed-out" };
      const { revision, source, at } = loaded;
      return { kind: "notebook", revision, cells: cellsOf(source), at };
    },
    async save({ revision, cells }) {
      const source = cells[TEXT_CELL] ?? starter;
      if (isTooLarge(source)) return { kind: "invalid", problems: [] };
      const answer = await remote.saveDraft({ exercise: id, userId, revision, source });
      if (answer.kind === "denied") return { kind: "denied", because: "signed-out" };
      if (answer.kind !== "conflict") return answer;
      const present = cellsOf(answer.source);
      return { kind: "conflict", revision: answer.revision, cells: present, at: answer.at };
    },
    history: async () => ({ kind: "history", versions: [] }),
  };
}
