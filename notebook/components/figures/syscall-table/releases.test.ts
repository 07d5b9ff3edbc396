import { expect, test } from "vitest";
import type { SyscallTableRow } from "#notebook/document";
import { countIn, isGone, matching, releasesOf, rowsIn } from "./releases.ts";

const ROWS: readonly SyscallTableRow[] = [
  { name: "exit", number32: 1, number64: 60, since: "0.01", taken32: "0.01", hasCode: true },
  { name: "socket", number32: 359, number64: 41, since: "2.0", taken32: "4.3", hasCode: true },
  {
    name: "nfsservctl",
    number32: 169,
    since: "2.2",
    taken32: "2.2",
    removed: "3.1",
    hasCode: false,
  },
  { name: "tee", number32: 315, number64: 276, since: "2.6.17", taken32: "2.6.17", hasCode: true },
  { name: "uprobe", number64: 336, since: "6.18", hasCode: true },
];

test("releases are in their order, not in that of letters", () => {
  expect(releasesOf(ROWS)).toEqual(["0.01", "2.0", "2.2", "2.6.17", "6.18"]);
  expect(rowsIn(ROWS, "2.6.9").map(({ name }) => name)).toEqual(["exit", "socket", "nfsservctl"]);
});

test("a row counts for i386 from the release in which its number was taken", () => {
  expect(countIn(ROWS, "2.6.17")).toEqual({ i386: 3, x8664: 3, fresh: 1 });
  expect(countIn(ROWS, "2.2")).toEqual({ i386: 2, x8664: 0, fresh: 1 });
  expect(countIn(ROWS, "6.18").i386).toBe(4);
});

test("what goes is gone from then on", () => {
  const goneIn = (release: string) => ROWS.filter((row) => isGone(row, release)).length;
  expect(["2.6.39", "3.1", "6.18"].map(goneIn)).toEqual([0, 1, 1]);
});

test("a search finds parts of names and whole numbers of either table", () => {
  expect(matching(ROWS, "SO").map(({ name }) => name)).toEqual(["socket"]);
  expect(matching(ROWS, "60").map(({ name }) => name)).toEqual(["exit"]);
  expect(matching(ROWS, "6")).toEqual([]);
  expect(matching(ROWS, " ")).toEqual(ROWS);
});
