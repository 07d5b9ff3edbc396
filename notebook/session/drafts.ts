/** What the session needs of the world to keep texts: this device's store and the server. */

/** The texts of one lecture's edited cells, by cell. */
export type EditedTexts = Readonly<Record<string, string>>;

/** A text that a cell once had. */
export interface CellVersion {
  readonly source: string;
  /** ms since 1970. */
  readonly at: number;
  readonly where: "here" | "server";
}

export type KeepResult =
  | { readonly kind: "kept" }
  /** Another tab has kept another text since; nothing was overwritten. */
  | {
      readonly kind: "changed-elsewhere";
      readonly theirs: string;
      readonly base: string;
      readonly at: number;
    };

/** The state that this device and the server last agreed on. Revision 0: never. */
export interface Agreement {
  readonly revision: number;
  readonly cells: EditedTexts;
  /** Cells that were changed on both sides: the server keeps its text until the reader has decided. */
  readonly held: readonly string[];
}

/** A text that another tab of this browser has kept; `base` is what this tab knew before. */
export interface TabChange {
  readonly cellId: string;
  readonly source: string;
  readonly base: string;
  readonly at: number;
}

/** The store of this device for one lecture. */
export interface LocalDrafts {
  /** All edited texts, by cell. */
  texts(): Promise<ReadonlyMap<string, string>>;
  keep(cellId: string, source: string): Promise<KeepResult>;
  /** Keeps the text whatever stands there: the reader has seen both. */
  overwrite(cellId: string, source: string): Promise<void>;
  remember(cellId: string, source: string): Promise<void>;
  versions(cellId: string): Promise<readonly CellVersion[]>;
  agreement(): Promise<Agreement>;
  agree(agreement: Agreement): Promise<void>;
  guess(cellId: string): Promise<string | undefined>;
  keepGuess(cellId: string, guess: string): Promise<void>;
  /** This tab shows the text of another one now. */
  adopted(cellId: string, source: string): void;
  onTabChange(listener: (change: TabChange) => void): void;
  close(): void;
}

export type LoadNotebookResult =
  | {
      readonly kind: "notebook";
      readonly revision: number;
      readonly cells: EditedTexts;
      readonly at: number;
    }
  | { readonly kind: "denied"; readonly because: "signed-out" };

export interface SaveNotebookInput {
  readonly slug: string;
  /** The revision that this device last saw; 0 when it has seen none. */
  readonly revision: number;
  readonly cells: EditedTexts;
}

export type SaveNotebookResult =
  | { readonly kind: "saved"; readonly revision: number }
  /** A newer revision is there: nothing was stored. */
  | {
      readonly kind: "conflict";
      readonly revision: number;
      readonly cells: EditedTexts;
      readonly at: number;
    }
  | { readonly kind: "denied"; readonly because: "signed-out" }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export type NotebookHistoryResult =
  | {
      readonly kind: "history";
      readonly versions: readonly { readonly source: string; readonly at: number }[];
    }
  | { readonly kind: "denied"; readonly because: "signed-out" }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** The server's side of saved cells. A rejected promise means: not reachable now. */
export interface RemoteNotebook {
  load(slug: string): Promise<LoadNotebookResult>;
  save(input: SaveNotebookInput): Promise<SaveNotebookResult>;
  history(input: { slug: string; cellId: string }): Promise<NotebookHistoryResult>;
}

/** How safe the reader's texts are. */
export type SavedState =
  | { readonly kind: "local" }
  | { readonly kind: "saving" }
  | { readonly kind: "saved" }
  /** Kept here, and sent as soon as the server can be reached. */
  | { readonly kind: "offline" }
  | { readonly kind: "signed-out" }
  /** The browser refuses to keep anything (private window, full disk). */
  | { readonly kind: "not-kept" };
