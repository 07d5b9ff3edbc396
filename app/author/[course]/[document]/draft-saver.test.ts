import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SaveFilesInput, SaveFilesResult } from "../actions.ts";
import { DraftSaver, type SaveState, type TypedFile } from "./draft-saver.ts";

const typed = (text: string, path = "lecture.mdx"): TypedFile => ({ path, kind: "text", text });
let sent: SaveFilesInput[] = [];
let states: SaveState[] = [];
let kept: readonly TypedFile[] = [];
let keptOver: { revision: number; base: number } | undefined;
let answer: () => Promise<SaveFilesResult> = async () => ({ kind: "saved", revision: 1, at: 7 });

beforeEach(() => {
  vi.useFakeTimers();
  [sent, states, kept] = [[], [], []];
  answer = async () => ({ kind: "saved", revision: sent.length, at: 7 });
});
afterEach(() => vi.useRealTimers());

function saver(base = 1): DraftSaver {
  return new DraftSaver({
    ...{ course: "sums", document: "d", base, revision: 0, savedAt: undefined },
    send: (input) => {
      sent.push(input);
      return answer();
    },
    onState: (state) => states.push(state),
    keep: (files, over) => {
      [kept, keptOver] = [files, over];
    },
  });
}

test("what is typed is kept here at once, and sent once after a pause", async () => {
  const one = saver();
  one.type(typed("# O"));
  one.type(typed("# On"));
  expect(kept).toEqual([typed("# On")]);
  expect(sent).toEqual([]);
  await vi.runAllTimersAsync();
  expect(sent.map(({ files }) => files)).toEqual([[typed("# On")]]);
  expect(kept).toEqual([]);
  expect(states.at(-1)).toEqual({ kind: "saved", at: 7 });
});

test("what is typed while something is sent goes after it, on the revision that came back", async () => {
  const one = saver();
  answer = async () => {
    if (sent.length === 1) one.type(typed("# Two"));
    return { kind: "saved", revision: sent.length, at: 7 };
  };
  one.type(typed("# One"));
  await vi.runAllTimersAsync();
  expect(sent.map(({ revision, files }) => [revision, files[0]])).toEqual([
    [0, typed("# One")],
    [1, typed("# Two")],
  ]);
});

test("without an answer the text stays here, and is sent again", async () => {
  const one = saver();
  answer = () => Promise.reject(new Error("offline"));
  one.type(typed("# One"));
  await vi.advanceTimersByTimeAsync(1000);
  expect(states.at(-1)).toEqual({ kind: "failed" });
  expect(kept).toEqual([typed("# One")]);
  answer = async () => ({ kind: "saved", revision: 1, at: 7 });
  await vi.runAllTimersAsync();
  expect(kept).toEqual([]);
});

test("behind another tab nothing is sent until one of both texts is chosen", async () => {
  const one = saver();
  answer = async () => ({ kind: "behind", revision: 5, base: 1, changes: [] });
  one.type(typed("# One"));
  await vi.advanceTimersByTimeAsync(1000);
  one.type(typed("# One and more"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(1);
  expect(kept).toEqual([typed("# One and more")]);
  answer = async () => ({ kind: "saved", revision: 6, at: 7 });
  one.keepMine([typed("# One and more")]);
  await vi.runAllTimersAsync();
  expect(sent.at(-1)).toMatchObject({ revision: 5, files: [typed("# One and more")] });
});

test("what an earlier visit left here is sent, unless the draft has gone on without it", async () => {
  const one = saver();
  one.restore([typed("# Left")], { revision: 0, base: 1 }, []);
  await vi.runAllTimersAsync();
  expect(sent.map(({ files }) => files)).toEqual([[typed("# Left")]]);
  const other = saver();
  other.restore([typed("# Left")], { revision: 3, base: 1 }, []);
  await vi.runAllTimersAsync();
  expect(sent).toHaveLength(1);
  expect(states.at(-1)).toMatchObject({ kind: "behind" });
});

test("what an earlier visit left here stays over its version when another author has stored a newer one", async () => {
  const ada = saver(3);
  answer = () => Promise.reject(new Error("offline"));
  ada.type(typed("# Ada’s, over version 3"));
  await vi.advanceTimersByTimeAsync(1000);
  expect(keptOver).toEqual({ revision: 0, base: 3 });
  ada.dispose();
  [sent, answer] = [[], async () => ({ kind: "saved", revision: 1, at: 7 })];
  const again = saver(4);
  again.restore(kept, keptOver ?? { revision: 0, base: 4 }, []);
  await vi.runAllTimersAsync();
  expect(sent).toMatchObject([{ base: 3, revision: 0, files: [typed("# Ada’s, over version 3")] }]);
  expect(again.base).toBe(3);
  again.type(typed("# Ada’s, and more"));
  await vi.runAllTimersAsync();
  expect(sent.at(-1)).toMatchObject({ base: 3, revision: 1 });
});

test("who keeps that text, though the draft has gone on, keeps its version, too", async () => {
  const one = saver(4);
  one.restore([typed("# Left")], { revision: 2, base: 3 }, []);
  one.keepMine([typed("# Left")]);
  await vi.runAllTimersAsync();
  expect(sent).toMatchObject([{ base: 3, revision: 0 }]);
  const other = saver(4);
  other.restore([typed("# Left")], { revision: 2, base: 3 }, []);
  other.takeTheirs();
  expect(other.base).toBe(4);
});

test("without anything unsaved a tab follows what another one has saved", async () => {
  const one = saver();
  expect(one.seen(0, [])).toBe("nothing");
  expect(one.seen(2, [])).toBe("follows");
  expect(one.revision).toBe(2);
  // What was on its way while this tab saved.
  expect(one.seen(1, [])).toBe("nothing");
  one.type(typed("# Here"));
  expect(one.seen(3, [])).toBe("behind");
  expect(states.at(-1)).toMatchObject({ kind: "behind", revision: 3 });
  expect(kept).toEqual([typed("# Here")]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toEqual([]);
});

test("as long as something is sent, nothing that is seen counts", async () => {
  const one = saver();
  answer = async () => {
    await Promise.resolve();
    expect(one.seen(9, [])).toBe("nothing");
    return { kind: "saved", revision: 1, at: 7 };
  };
  one.type(typed("# One"));
  await vi.runAllTimersAsync();
  expect(one.revision).toBe(1);
});
