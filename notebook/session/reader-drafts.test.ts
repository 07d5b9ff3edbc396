import { expect, test } from "vitest";
import { takeOver } from "./reader-drafts.ts";
import { MemoryDrafts, MemoryStore } from "./trial-notebook.ts";

const cells = [{ id: "c1", number: 1, source: "original", hasOutput: false }];

function store(text?: string): MemoryStore {
  const made = new MemoryStore();
  if (text !== undefined) made.drafts.set("c1", { source: text, at: 1 });
  return made;
}

test.each([
  {
    name: "what was typed before signing in becomes the reader's",
    typed: "typed",
    own: undefined,
    text: "typed",
    held: [],
  },
  {
    name: "what the reader has stays where nothing was typed",
    typed: undefined,
    own: "own",
    text: "own",
    held: [],
  },
  {
    name: "the same text on both sides is no conflict",
    typed: "same",
    own: "same",
    text: "same",
    held: [],
  },
  {
    name: "two texts are held for the reader to choose",
    typed: "typed",
    own: "own",
    text: "typed",
    held: ["c1"],
  },
])("$name", async ({ typed, own, text, held }) => {
  const [from, to] = [store(typed), store(own)];
  await takeOver(new MemoryDrafts(from), new MemoryDrafts(to), cells);
  expect(to.drafts.get("c1")?.source).toBe(text);
  expect(to.agreed.held).toEqual(held);
  expect(from.drafts.get("c1")?.source ?? "original").toBe("original");
});

test("the reader's own text of two stays in the history", async () => {
  const to = store("own");
  await takeOver(new MemoryDrafts(store("typed")), new MemoryDrafts(to), cells);
  expect(to.versions.map(({ source }) => source)).toContain("own");
});
