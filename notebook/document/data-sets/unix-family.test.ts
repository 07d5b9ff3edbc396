import { describe, expect, test } from "vitest";
import type { UnixSystem } from "./course-data.ts";
import { unixFamily } from "./unix-family.ts";

const byName = new Map(unixFamily.map((system) => [system.name, system]));

function get(name: string): UnixSystem {
  const system = byName.get(name);
  if (system === undefined) throw new Error(`no system is called ${name}`);
  return system;
}

describe("the family of UNIX systems", () => {
  test("names each system once, and every relative that is named is in it", () => {
    expect(byName.size).toBe(unixFamily.length);
    for (const { parents, ideas } of unixFamily)
      for (const name of [...parents, ...ideas]) get(name);
  });

  test("lists systems by year, and dates them with that year", () => {
    const years = unixFamily.map(({ year }) => year);
    expect(years).toEqual([...years].sort((a, b) => a - b));
    for (const { date, year } of unixFamily) expect(date.startsWith(String(year))).toBe(true);
  });

  test("has no child older than its parents, but for the one that the sources date so", () => {
    const early = unixFamily.filter(({ parents, year }) =>
      parents.some((parent) => get(parent).year > year),
    );
    expect(early.map(({ name }) => name)).toEqual(["32V"]);
    expect(get("32V").open).toContain("before the manual of the Seventh Edition");
  });

  test("says from which year on which terms hold, oldest first", () => {
    expect(get("MINIX").licences).toEqual([
      { from: 1987, licence: "restricted" },
      { from: 2000, licence: "permissive" },
    ]);
    for (const { licences, year } of unixFamily) {
      const years = licences.map(({ from }) => from);
      expect(years).toEqual([...years].sort((a, b) => a - b));
      expect(years[0]).toBeGreaterThanOrEqual(year);
    }
  });

  test("is frozen to the bottom", () => {
    expect(Object.isFrozen(get("3BSD").parents)).toBe(true);
    expect(Object.isFrozen(get("MINIX").licences[0])).toBe(true);
  });
});
