import { describe, expect, test } from "vitest";
import { unixFamily } from "#notebook/document";
import { commonOf, familyOf, graphOf, LANE_COUNT, PERIODS, youngestOf } from "./family-graph.ts";

describe("the picture of the family", () => {
  test("shows each system in one of the periods, and all in the first", () => {
    const [all, ...periods] = PERIODS;
    expect(graphOf(all).rows).toHaveLength(unixFamily.length);
    const parts = periods.flatMap((period) =>
      graphOf(period).rows.map(({ system }) => system.name),
    );
    expect(parts).toEqual(unixFamily.map(({ name }) => name));
  });

  test("draws a line for each parent and each idea, within its columns", () => {
    const { rows, edges } = graphOf(PERIODS[0]);
    const wanted = unixFamily.flatMap(({ parents, ideas }) => [...parents, ...ideas]);
    expect(edges).toHaveLength(wanted.length);
    expect(edges.every(({ fromRow, toRow }) => fromRow >= 0 && toRow >= 0)).toBe(true);
    expect(rows.every(({ lane }) => lane >= 0 && lane < LANE_COUNT)).toBe(true);
  });

  test.each([
    { a: "Mac OS X", b: "Android", ideas: false, nearest: undefined },
    { a: "Mac OS X", b: "Android", ideas: true, nearest: "Seventh Edition" },
    { a: "OpenBSD", b: "FreeBSD 2.0", ideas: false, nearest: "4.4BSD-Lite" },
    { a: "Solaris 2", b: "AIX", ideas: false, nearest: "SVR2" },
    { a: "Linux 1.0", b: "Android", ideas: false, nearest: "Linux 1.0" },
  ])("$a and $b meet at $nearest (with ideas: $ideas)", ({ a, b, ideas, nearest }) => {
    expect(youngestOf(commonOf(a, b, ideas))).toBe(nearest);
  });

  test("a system belongs to its own family", () => {
    expect(familyOf("Multics", true)).toEqual(new Set(["Multics"]));
  });
});
