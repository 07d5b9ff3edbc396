import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Agreement, CellVersion, KeepResult, LocalDrafts, TabChange } from "./drafts.ts";
import type { LectureCell } from "./session-cell.ts";

interface Kept {
  readonly source: string;
  readonly at: number;
}

/** Everything is keyed by lecture and cell first. */
interface NotebookDb extends DBSchema {
  drafts: { key: [slug: string, cellId: string]; value: Kept };
  versions: { key: [slug: string, cellId: string, slot: string]; value: Kept };
  agreements: { key: string; value: Agreement };
  guesses: { key: [slug: string, cellId: string]; value: string };
}

const VERSIONS_MAX = 50;

/** Opens this browser's store of one lecture. Rejects where the browser keeps nothing. */
export async function openLocalDrafts(
  slug: string,
  cells: readonly LectureCell[],
): Promise<LocalDrafts> {
  const database = await openDB<NotebookDb>("kernelbook-notebook", 1, {
    upgrade(db) {
      db.createObjectStore("drafts");
      db.createObjectStore("versions");
      db.createObjectStore("agreements");
      db.createObjectStore("guesses");
    },
  });
  return new BrowserDrafts(database, slug, cells);
}

class BrowserDrafts implements LocalDrafts {
  readonly #database: IDBPDatabase<NotebookDb>;
  readonly #slug: string;
  readonly #channel: BroadcastChannel;
  readonly #tab = crypto.randomUUID();
  /** The text of each cell that this tab last saw in the store. */
  readonly #known: Map<string, string>;
  readonly #originals: ReadonlyMap<string, string>;

  constructor(database: IDBPDatabase<NotebookDb>, slug: string, cells: readonly LectureCell[]) {
    this.#database = database;
    this.#slug = slug;
    this.#channel = new BroadcastChannel(`kernelbook-notebook:${slug}`);
    this.#originals = new Map(cells.map((cell) => [cell.id, cell.source]));
    this.#known = new Map(this.#originals);
  }

  async texts(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const cellId of this.#originals.keys()) {
      const draft = await this.#database.get("drafts", [this.#slug, cellId]);
      if (draft !== undefined) found.set(cellId, draft.source);
    }
    return found;
  }

  async keep(cellId: string, source: string): Promise<KeepResult> {
    const base = this.#known.get(cellId) ?? "";
    const at = Date.now();
    // Read and written in one transaction: two tabs take turns.
    const transaction = this.#database.transaction("drafts", "readwrite");
    const kept = await transaction.store.get([this.#slug, cellId]);
    const present = kept?.source ?? this.#original(cellId);
    if (present !== base && present !== source) {
      await transaction.done;
      // What is typed here meanwhile is kept beside it.
      await this.#putVersion(cellId, `tab-${this.#tab}`, { source, at });
      return { kind: "changed-elsewhere", theirs: present, base, at: kept?.at ?? at };
    }
    await transaction.store.put({ source, at }, [this.#slug, cellId]);
    await transaction.done;
    this.#stored(cellId, source, at);
    return { kind: "kept" };
  }

  async overwrite(cellId: string, source: string): Promise<void> {
    const at = Date.now();
    await this.#database.put("drafts", { source, at }, [this.#slug, cellId]);
    this.#stored(cellId, source, at);
  }

  #stored(cellId: string, source: string, at: number): void {
    this.#known.set(cellId, source);
    this.#channel.postMessage({ cellId, source, at });
  }

  #original(cellId: string): string {
    return this.#originals.get(cellId) ?? "";
  }

  async remember(cellId: string, source: string): Promise<void> {
    const at = Date.now();
    await this.#putVersion(cellId, new Date(at).toISOString(), { source, at });
    // Each text once, with the time of its last use, and not without end.
    const newestFirst = (await this.#kept(cellId)).sort((a, b) => b.at - a.at);
    const seen = new Set<string>();
    for (const [place, version] of newestFirst.entries()) {
      if (place >= VERSIONS_MAX || seen.has(version.source)) {
        await this.#database.delete("versions", version.key);
      }
      seen.add(version.source);
    }
  }

  async #putVersion(cellId: string, slot: string, kept: Kept): Promise<void> {
    await this.#database.put("versions", kept, [this.#slug, cellId, slot]);
  }

  async versions(cellId: string): Promise<readonly CellVersion[]> {
    return (await this.#kept(cellId)).map(({ source, at }) => ({ source, at, where: "here" }));
  }

  async #kept(cellId: string): Promise<(Kept & { key: [string, string, string] })[]> {
    const transaction = this.#database.transaction("versions");
    const [keys, kept] = await Promise.all([
      transaction.store.getAllKeys(this.#range(cellId)),
      transaction.store.getAll(this.#range(cellId)),
    ]);
    return kept.flatMap((version, place) => {
      const key = keys[place];
      return key === undefined ? [] : [{ ...version, key }];
    });
  }

  #range(cellId: string): IDBKeyRange {
    return IDBKeyRange.bound([this.#slug, cellId, ""], [this.#slug, cellId, "\uffff"]);
  }

  async agreement(): Promise<Agreement> {
    const agreed = await this.#database.get("agreements", this.#slug);
    return agreed ?? { revision: 0, cells: {}, held: [] };
  }

  async agree(agreement: Agreement): Promise<void> {
    await this.#database.put("agreements", agreement, this.#slug);
  }

  async guess(cellId: string): Promise<string | undefined> {
    return await this.#database.get("guesses", [this.#slug, cellId]);
  }

  async keepGuess(cellId: string, guess: string): Promise<void> {
    await this.#database.put("guesses", guess, [this.#slug, cellId]);
  }

  onTabChange(listener: (change: TabChange) => void): void {
    this.#channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      const change = tabChange(data);
      if (change === undefined) return;
      const base = this.#known.get(change.cellId) ?? this.#original(change.cellId);
      listener({ ...change, base });
    });
  }

  adopted(cellId: string, source: string): void {
    this.#known.set(cellId, source);
  }

  close(): void {
    this.#channel.close();
    this.#database.close();
  }
}

function tabChange(data: unknown): Omit<TabChange, "base"> | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { cellId, source, at } = data as Record<string, unknown>;
  const isChange =
    typeof cellId === "string" && typeof source === "string" && typeof at === "number";
  return isChange ? { cellId, source, at } : undefined;
}
