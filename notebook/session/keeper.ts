import type {
  Agreement,
  CellVersion,
  EditedTexts,
  LocalDrafts,
  RemoteNotebook,
  SavedState,
} from "./drafts.ts";
import type { SessionCell } from "./session-cell.ts";
import type { SessionEvent } from "./state.ts";

interface KeeperPorts {
  openDrafts(): Promise<LocalDrafts>;
  readonly remote: RemoteNotebook | undefined;
}

interface KeeperOwner {
  cells(): readonly SessionCell[];
  send(event: SessionEvent): void;
  changed(): void;
}

/** A pause in typing after which texts go to the server, in ms. */
const PAUSE_MS = 1200;
/** The server could not be reached: asked again after this time, or when the browser is online. */
const RETRY_MS = 15_000;
/** After this many refusals in a row somebody else writes all the time: the next edit tries again. */
const TRIES_MAX = 3;

/** Keeps the reader's texts: on this device at once, on the server soon, and never over another's. */
export class Keeper {
  readonly #slug: string;
  readonly #ports: KeeperPorts;
  readonly #owner: KeeperOwner;
  #drafts: Promise<LocalDrafts> | undefined;
  /** Writes to the store, one after the other. */
  #writes: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #pause: ReturnType<typeof setTimeout> | undefined;
  readonly #overwrites = new Set<string>();
  #saved: SavedState = { kind: "local" };
  /** How often a save was asked for: one that began before the last question does not answer it. */
  #asked = 0;
  #hasLoaded = false;

  constructor(slug: string, ports: KeeperPorts, owner: KeeperOwner) {
    this.#slug = slug;
    this.#ports = ports;
    this.#owner = owner;
  }

  get saved(): SavedState {
    return this.#saved;
  }

  open(): void {
    this.#write(async (drafts) => {
      const sources = await drafts.texts();
      for (const [cellId, source] of sources) drafts.adopted(cellId, source);
      this.#owner.send({ type: "restored", sources });
      drafts.onTabChange(({ cellId, source, base, at }) => {
        this.#foundElsewhere(drafts, cellId, base, { theirs: source, from: "tab", at });
      });
    });
    if (this.#ports.remote !== undefined) {
      globalThis.addEventListener?.("online", this.#online);
      globalThis.addEventListener?.("focus", this.#returned);
      this.#write(async () => this.#syncSoon(0));
    }
  }

  close(): void {
    globalThis.removeEventListener?.("online", this.#online);
    globalThis.removeEventListener?.("focus", this.#returned);
    clearTimeout(this.#pause);
    const drafts = this.#drafts;
    this.#drafts = undefined;
    // What is on its way is still written.
    void this.#writes.then(async () => (await drafts)?.close()).catch(() => undefined);
  }

  readonly #online = () => this.#syncSoon(0);

  /** The reader may have signed in again meanwhile, in another tab. */
  readonly #returned = () => {
    if (this.#saved.kind !== "signed-out") return;
    this.#saved = { kind: "local" };
    this.#hasLoaded = false;
    this.#syncSoon(0);
  };

  keep(cellId: string, source: string): void {
    this.#write(async (drafts) => {
      if (this.#overwrites.delete(cellId)) {
        await drafts.overwrite(cellId, source);
        await this.#release(drafts, cellId);
        return;
      }
      const kept = await drafts.keep(cellId, source);
      if (kept.kind === "kept") return;
      const { theirs, base, at } = kept;
      this.#owner.send({
        type: "found-elsewhere",
        id: cellId,
        base,
        conflict: { theirs, from: "tab", at },
      });
    });
    this.#syncSoon(PAUSE_MS);
  }

  async #release(drafts: LocalDrafts, cellId: string): Promise<void> {
    const agreed = await drafts.agreement();
    if (!agreed.held.includes(cellId)) return;
    await drafts.agree({ ...agreed, held: agreed.held.filter((id) => id !== cellId) });
  }

  saveNow(): void {
    this.#syncSoon(0);
  }

  /** The reader has seen both texts of the cell: the next one that is kept may replace either. */
  willOverwrite(cellId: string): void {
    this.#overwrites.add(cellId);
  }

  remember(cellId: string, source: string): void {
    this.#write((drafts) => drafts.remember(cellId, source));
  }

  async versions(cellId: string): Promise<readonly CellVersion[]> {
    const here = await this.#read((drafts) => drafts.versions(cellId));
    const stored = await this.#ports.remote
      ?.history({ slug: this.#slug, cellId })
      .catch(() => undefined);
    const there = stored?.kind === "history" ? stored.versions : [];
    return [
      ...(here ?? []),
      ...there.map((version): CellVersion => ({ ...version, where: "server" })),
    ].sort((a, b) => b.at - a.at);
  }

  guess(cellId: string): Promise<string | undefined> {
    return this.#read((drafts) => drafts.guess(cellId));
  }

  keepGuess(cellId: string, guess: string): void {
    this.#write((drafts) => drafts.keepGuess(cellId, guess));
  }

  #foundElsewhere(
    drafts: LocalDrafts,
    cellId: string,
    base: string,
    conflict: { theirs: string; from: "tab" | "device"; at: number },
  ): void {
    this.#owner.send({ type: "found-elsewhere", id: cellId, base, conflict });
    const cell = this.#owner.cells().find(({ id }) => id === cellId);
    if (cell?.source === conflict.theirs) drafts.adopted(cellId, conflict.theirs);
  }

  #write(work: (drafts: LocalDrafts) => Promise<void>): void {
    this.#drafts ??= this.#ports.openDrafts();
    const opened = this.#drafts;
    this.#writes = this.#writes
      .then(async () => work(await opened))
      .catch(() => this.#say({ kind: "not-kept" }));
  }

  async #read<T>(ask: (drafts: LocalDrafts) => Promise<T>): Promise<T | undefined> {
    try {
      this.#drafts ??= this.#ports.openDrafts();
      return await ask(await this.#drafts);
    } catch {
      return undefined;
    }
  }

  #say(saved: SavedState): void {
    if (this.#saved.kind === saved.kind) return;
    this.#saved = saved;
    this.#owner.changed();
  }

  #syncSoon(delayMs: number): void {
    const { remote } = this.#ports;
    if (remote === undefined || this.#saved.kind === "signed-out") return;
    if (delayMs > 0) this.#say({ kind: "saving" });
    this.#asked++;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#syncing = this.#syncing
        .then(() => this.#alone(() => this.#sync(remote)))
        .catch(() => {
          this.#say({ kind: "offline" });
          this.#pause = setTimeout(() => this.#syncSoon(0), RETRY_MS);
        });
    }, delayMs);
  }

  /** Tabs of one browser share the agreement with the server: they take turns. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const locks = globalThis.navigator?.locks;
    if (locks === undefined) await work();
    else await locks.request(`kernelbook-notebook:${this.#slug}`, work);
  }

  async #sync(remote: RemoteNotebook): Promise<void> {
    const asked = this.#asked;
    await this.#writes;
    const drafts = await this.#drafts;
    if (drafts === undefined) return;
    let agreed = await drafts.agreement();
    if (!this.#hasLoaded) {
      const loaded = await remote.load(this.#slug);
      if (loaded.kind === "denied") {
        this.#say({ kind: "signed-out" });
        return;
      }
      agreed = await this.#merge(drafts, agreed, loaded);
      this.#showHeld(agreed);
      this.#hasLoaded = true;
    }
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const cells = this.#textsToSave(await drafts.texts(), agreed);
      if (sameTexts(cells, agreed.cells)) break;
      const answer = await remote.save({ slug: this.#slug, revision: agreed.revision, cells });
      if (answer.kind === "denied") {
        this.#say({ kind: "signed-out" });
        return;
      }
      if (answer.kind === "invalid") {
        this.#say({ kind: "local" });
        return;
      }
      if (answer.kind === "saved") {
        await drafts.agree({ ...agreed, revision: answer.revision, cells });
        break;
      }
      agreed = await this.#merge(drafts, agreed, answer);
    }
    // What was typed meanwhile waits for its own save.
    if (asked === this.#asked) this.#say({ kind: "saved" });
  }

  /**
   * Takes over what another device has changed, cell by cell. What both have changed is held: the
   * server keeps its text and this device its own, until the reader has picked.
   */
  async #merge(
    drafts: LocalDrafts,
    agreed: Agreement,
    theirs: { readonly revision: number; readonly cells: EditedTexts; readonly at: number },
  ): Promise<Agreement> {
    const here = await drafts.texts();
    const held = new Set(agreed.held);
    for (const { id, original } of this.#owner.cells()) {
      const base = agreed.cells[id] ?? original;
      const text = theirs.cells[id] ?? original;
      const mine = here.get(id) ?? original;
      if (text === mine) held.delete(id);
      if (text === base || text === mine) continue;
      const conflict = { theirs: text, from: "device", at: theirs.at } as const;
      this.#owner.send({ type: "found-elsewhere", id, base, conflict });
      const shown = this.#owner.cells().find((cell) => cell.id === id)?.source;
      if (shown === text) await drafts.overwrite(id, text);
      else held.add(id);
    }
    const merged = { revision: theirs.revision, cells: theirs.cells, held: [...held] };
    await drafts.agree(merged);
    return merged;
  }

  /** Conflicts of an earlier visit are still there. */
  #showHeld(agreed: Agreement): void {
    for (const { id, original, conflict } of this.#owner.cells()) {
      if (!agreed.held.includes(id) || conflict !== undefined) continue;
      const theirs = agreed.cells[id] ?? original;
      // Both sides have changed it: no text is the common one.
      const event = { theirs, from: "device", at: Date.now() } as const;
      this.#owner.send({ type: "found-elsewhere", id, base: undefined, conflict: event });
    }
  }

  /** What the server should hold: this device's texts, and its own where both have changed. */
  #textsToSave(here: ReadonlyMap<string, string>, agreed: Agreement): EditedTexts {
    const texts: Record<string, string> = {};
    for (const { id, original } of this.#owner.cells()) {
      const text = agreed.held.includes(id) ? agreed.cells[id] : here.get(id);
      if (text !== undefined && text !== original) texts[id] = text;
    }
    return texts;
  }
}

function sameTexts(a: EditedTexts, b: EditedTexts): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...ids].every((id) => a[id] === b[id]);
}
