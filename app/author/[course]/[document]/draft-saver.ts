import type { EditedChange } from "#server/authoring";
import type { SaveFilesInput, SaveFilesResult } from "../actions.ts";

/** What is typed into one file: its text, that it is gone, or that it is as in the version again. */
export type TypedFile = SaveFilesInput["files"][number];

/** How the draft is kept. */
export type SaveState =
  | { readonly kind: "clean" }
  | { readonly kind: "typing" }
  | { readonly kind: "saved"; readonly at: number }
  /** Kept on this device; tried again by itself. */
  | { readonly kind: "failed" }
  | { readonly kind: "refused"; readonly problem: string }
  /** Another tab or device has saved something else. Nothing is stored until one of both is chosen. */
  | {
      readonly kind: "behind";
      readonly revision: number;
      readonly changes: readonly EditedChange[];
    };

interface SaverOptions {
  readonly course: string;
  readonly document: string;
  /** Number of the version that the page shows. */
  readonly base: number;
  readonly revision: number;
  readonly savedAt: number | undefined;
  readonly send: (input: SaveFilesInput) => Promise<SaveFilesResult>;
  readonly onState: (state: SaveState) => void;
  /** Keeps what the server does not have yet on this device; empty: nothing is left. */
  readonly keep: (files: readonly TypedFile[], over: TypedOver) => void;
}

/** What a text was typed on top of. */
interface TypedOver {
  /** Of the draft. */
  readonly revision: number;
  /** Number of the version. */
  readonly base: number;
}

const PAUSE_MS = 700;
const RETRY_MS = 5000;

/** Sends what is typed to the server after a pause, one request at a time. */
export class DraftSaver {
  readonly #options: SaverOptions;
  readonly #pending = new Map<string, TypedFile>();
  #revision: number;
  #base: number;
  #state: SaveState;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#revision = options.revision;
    this.#base = options.base;
    const { savedAt } = options;
    this.#state = savedAt === undefined ? { kind: "clean" } : { kind: "saved", at: savedAt };
  }

  get revision(): number {
    return this.#revision;
  }

  /** Number of the version that the text lies over: older than the page's when an earlier visit left it. */
  get base(): number {
    return this.#base;
  }

  get hasUnsaved(): boolean {
    return this.#pending.size > 0;
  }

  type(file: TypedFile): void {
    this.#pending.set(file.path, file);
    this.#keep();
    if (this.#state.kind === "behind") return;
    this.#tell({ kind: "typing" });
    this.#later(PAUSE_MS);
  }

  /**
   * What an earlier visit has left on this device. It stays over the version that it was typed over:
   * over a newer one it would take back, without a word, what others have written there.
   */
  restore(
    files: readonly TypedFile[],
    { revision, base }: TypedOver,
    present: readonly EditedChange[],
  ): void {
    for (const file of files) this.#pending.set(file.path, file);
    this.#base = Math.min(base, this.#base);
    if (revision !== this.#revision) this.fallBehind(this.#revision, present);
    else this.#later(0);
  }

  /** Another tab or device has saved. */
  fallBehind(revision: number, changes: readonly EditedChange[]): void {
    clearTimeout(this.#timer);
    this.#tell({ kind: "behind", revision, changes });
  }

  /**
   * The draft is of that revision on the server. Answers whether this tab, with nothing unsaved, goes on
   * from there; with something unsaved it has fallen behind.
   */
  seen(revision: number, changes: readonly EditedChange[]): "nothing" | "follows" | "behind" {
    // An answer that was on its way while this tab saved is older than what it has. 0: the draft is gone.
    const isOld = revision !== 0 && revision <= this.#revision;
    const isKnown = revision === this.#revision || this.#state.kind === "behind";
    if (isOld || isKnown || this.#sending !== undefined) return "nothing";
    if (this.hasUnsaved) {
      this.fallBehind(revision, changes);
      return "behind";
    }
    this.#revision = revision;
    this.#tell(changes.length === 0 ? { kind: "clean" } : { kind: "saved", at: Date.now() });
    return "follows";
  }

  /** What is typed here replaces what was saved elsewhere. */
  keepMine(files: readonly TypedFile[]): void {
    if (this.#state.kind !== "behind") return;
    this.#revision = this.#state.revision;
    this.#state = { kind: "typing" };
    for (const file of files) this.type(file);
  }

  /** What was saved elsewhere replaces what is typed here. */
  takeTheirs(): void {
    if (this.#state.kind !== "behind") return;
    this.#revision = this.#state.revision;
    this.#base = this.#options.base;
    this.#pending.clear();
    this.#keep();
    this.#tell({ kind: "saved", at: Date.now() });
  }

  /** Answers when everything typed so far is stored, or cannot be. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    await this.#sending;
    if (this.#pending.size > 0 && this.#state.kind !== "behind") await this.#send();
    return this.#pending.size === 0;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(), ms);
  }

  async #send(): Promise<void> {
    if (this.#sending !== undefined) return this.#later(PAUSE_MS);
    const files = [...this.#pending.values()];
    if (files.length === 0) return;
    this.#sending = this.#sendFiles(files);
    await this.#sending;
    this.#sending = undefined;
  }

  async #sendFiles(files: TypedFile[]): Promise<void> {
    const { course, document, send } = this.#options;
    const over = { base: this.#base, revision: this.#revision };
    const answer = await send({ course, document, ...over, files }).catch(() => undefined);
    switch (answer?.kind) {
      case "saved":
        this.#revision = answer.revision;
        for (const file of files) {
          if (this.#pending.get(file.path) === file) this.#pending.delete(file.path);
        }
        this.#keep();
        if (this.#pending.size > 0) this.#later(PAUSE_MS);
        else this.#tell({ kind: "saved", at: answer.at });
        return;
      case "behind":
        return this.fallBehind(answer.revision, answer.changes);
      case "invalid":
        return this.#tell({ kind: "refused", problem: answer.problem });
      case "denied":
        return this.#tell({
          kind: "refused",
          problem: "You are signed out, or may not write in this course any more: sign in again.",
        });
      default:
        this.#tell({ kind: "failed" });
        return this.#later(RETRY_MS);
    }
  }

  #keep(): void {
    this.#options.keep([...this.#pending.values()], { revision: this.#revision, base: this.#base });
  }

  #tell(state: SaveState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
