import { describe, expect, test, vi } from "vitest";
import type { EditedTexts, RemoteNotebook } from "./drafts.ts";
import type { Notebook } from "./notebook.ts";
import { MemoryDrafts, MemoryStore, openNotebook, settledState } from "./trial-notebook.ts";

describe("two tabs", () => {
  test("share a text that only one of them has changed", async () => {
    const { first, second, tell } = await twoTabs();
    first.edit("c1", "changed");
    await tell("changed");
    expect(second.cell("c1")).toMatchObject({ source: "changed", conflict: undefined });
  });

  test("never change a text under a cursor", async () => {
    const { first, second, tell } = await twoTabs();
    second.startEditing("c1");
    first.edit("c1", "changed");
    await tell("changed");
    expect(second.cell("c1")).toMatchObject({
      source: "original",
      conflict: { theirs: "changed", from: "tab" },
    });
  });

  test("that both change a cell show both texts, and keep both", async () => {
    const { store, first, second } = await twoTabs();
    first.edit("c1", "of the first");
    await kept(store, "of the first");
    second.edit("c1", "of the second");
    await settledState(second, () => second.cell("c1")?.conflict !== undefined);
    expect(store.drafts.get("c1")?.source).toBe("of the first");
    expect(second.cell("c1")).toMatchObject({
      source: "of the second",
      conflict: { theirs: "of the first" },
    });
    second.resolveConflict("c1", "of the second");
    await kept(store, "of the second");
    expect(store.versions.map(({ source }) => source).sort()).toEqual([
      "of the first",
      "of the second",
    ]);
  });
});

describe("two devices", () => {
  test("share what only one of them has changed", async () => {
    const server = new MemoryServer();
    const one = device(server);
    one.edit("c1", "typed on one");
    await server.saved("typed on one");
    const two = device(server);
    await settledState(two, () => two.cell("c1")?.source === "typed on one");
    expect(two.cell("c1")?.conflict).toBeUndefined();
  });

  test("that both change a cell show both texts and the server keeps the first", async () => {
    const server = new MemoryServer();
    const one = device(server);
    const two = device(server);
    await server.loads(2);
    one.edit("c1", "typed on one");
    await server.saved("typed on one");
    two.edit("c1", "typed on two");
    await settledState(two, () => two.cell("c1")?.conflict !== undefined);
    expect(server.cells["c1"]).toBe("typed on one");
    expect(two.cell("c1")).toMatchObject({
      source: "typed on two",
      conflict: { theirs: "typed on one", from: "device" },
    });
    two.resolveConflict("c1", "both");
    await server.saved("both");
    expect(server.cells["c1"]).toBe("both");
  });

  test("that change different cells both keep their changes", async () => {
    const server = new MemoryServer();
    const one = device(server);
    const two = device(server);
    await server.loads(2);
    one.edit("c1", "first cell");
    await server.saved("first cell");
    two.edit("c2", "second cell");
    await settledState(two, () => two.cell("c1")?.source === "first cell");
    await server.saved("second cell");
    expect(server.cells).toEqual({ c1: "first cell", c2: "second cell" });
  });
});

test("a text typed while an earlier save is under way is not called saved", async () => {
  const server = new MemoryServer();
  const notebook = device(server);
  await server.loads(1);
  const answer = server.holdNextSave();
  notebook.edit("c1", "first");
  await answer.isAsked;
  notebook.edit("c1", "second");
  expect(notebook.saved().kind).toBe("saving");
  answer.give();
  await server.saved("first");
  // Whenever "saved" is said, the server has the newest text.
  await settledState(notebook, () => notebook.saved().kind === "saved");
  expect(server.cells["c1"]).toBe("second");
});

test("what is typed offline is sent when the server answers again", async () => {
  const server = new MemoryServer();
  const notebook = device(server);
  await server.loads(1);
  server.isReachable = false;
  notebook.edit("c1", "typed offline");
  await settledState(notebook, () => notebook.saved().kind === "offline");
  server.isReachable = true;
  notebook.edit("c1", "typed offline, and on");
  await server.saved("typed offline, and on");
  expect(server.cells["c1"]).toBe("typed offline, and on");
});

test("a text typed after the session ended is sent after the next sign-in", async () => {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  const server = new MemoryServer();
  const notebook = device(server);
  await server.loads(1);
  server.isSignedIn = false;
  notebook.edit("c1", "typed signed out");
  await settledState(notebook, () => notebook.saved().kind === "signed-out");
  server.isSignedIn = true;
  page.dispatchEvent(new Event("focus"));
  await server.saved("typed signed out");
  vi.unstubAllGlobals();
});

test("a reset goes back to the lecture's text and the reader's stays in the history", async () => {
  const store = new MemoryStore();
  const notebook = openNotebook(["original"], { drafts: new MemoryDrafts(store) });
  notebook.open();
  notebook.edit("c1", "mine");
  await kept(store, "mine");
  notebook.reset("c1");
  await kept(store, "original");
  expect((await notebook.versions("c1")).map(({ source }) => source)).toContain("mine");
});

async function twoTabs() {
  const store = new MemoryStore();
  const own = new MemoryDrafts(store);
  const other = new MemoryDrafts(store);
  const first = openNotebook(["original"], { drafts: own });
  const second = openNotebook(["original"], { drafts: other });
  for (const tab of [first, second]) tab.open();
  await Promise.all([first.guess("c1"), second.guess("c1")]);
  const tell = async (text: string) => {
    await kept(store, text);
    other.hear("c1", text, "original");
  };
  return { store, first, second, tell };
}

function device(server: MemoryServer): Notebook {
  const notebook = openNotebook(["original", "other"], {
    drafts: new MemoryDrafts(new MemoryStore()),
    remote: server,
  });
  notebook.open();
  return notebook;
}

/** Waits until the store holds the text. */
async function kept(store: MemoryStore, text: string): Promise<void> {
  await expect.poll(() => store.drafts.get("c1")?.source).toBe(text);
}

/** The server's side with its rule: a save that has not seen the newest revision stores nothing. */
class MemoryServer implements RemoteNotebook {
  isReachable = true;
  isSignedIn = true;
  cells: EditedTexts = {};
  #revision = 0;
  #loads = 0;
  #held: (() => Promise<void>) | undefined;

  async load() {
    if (!this.isReachable) throw new Error("offline");
    if (!this.isSignedIn) return { kind: "denied", because: "signed-out" } as const;
    this.#loads += 1;
    return { kind: "notebook", revision: this.#revision, cells: this.cells, at: 1 } as const;
  }

  /** The next save stands still until its answer is given. */
  holdNextSave(): { readonly isAsked: Promise<void>; readonly give: () => void } {
    let give = (): void => undefined;
    const given = new Promise<void>((resolve) => {
      give = resolve;
    });
    const isAsked = new Promise<void>((resolve) => {
      this.#held = () => {
        resolve();
        return given;
      };
    });
    return { isAsked, give };
  }

  async save({ revision, cells }: { revision: number; cells: EditedTexts }) {
    const held = this.#held;
    this.#held = undefined;
    await held?.();
    if (!this.isReachable) throw new Error("offline");
    if (!this.isSignedIn) return { kind: "denied", because: "signed-out" } as const;
    if (revision !== this.#revision) {
      const present = { revision: this.#revision, cells: this.cells, at: 1 };
      return { kind: "conflict", ...present } as const;
    }
    this.#revision += 1;
    this.cells = cells;
    return { kind: "saved", revision: this.#revision } as const;
  }

  async history() {
    return { kind: "history", versions: [] } as const;
  }

  async saved(text: string): Promise<void> {
    await expect.poll(() => Object.values(this.cells), { timeout: 5000 }).toContain(text);
  }

  async loads(count: number): Promise<void> {
    await expect.poll(() => this.#loads).toBe(count);
  }
}
