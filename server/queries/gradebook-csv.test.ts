import fc from "fast-check";
import { expect, test } from "vitest";
import { gradebookCsv, printCsv } from "./gradebook-csv.ts";

/** Reads CSV as RFC 4180 defines it. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (found === null) throw new Error(`not CSV after line ${lines.length}`);
    const [, quoted, plain = "", end] = found;
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    lines.push(line);
    line = [];
  }
  return lines;
}

const awkward = fc.string({ unit: fc.constantFrom(..."\"',;=+-@\t\r\n aé漢\u{1f427}") });
const width = 3;
const table = fc.array(
  fc.array(fc.oneof(awkward, fc.string()), { minLength: width, maxLength: width }),
);

test("a file read back has the fields that were written, but for the apostrophe before a formula", () => {
  fc.assert(
    fc.property(table, (lines) => {
      const read = parseCsv(printCsv(lines).replace(/^\ufeff/, ""));
      const without = read.map((line) =>
        line.map((field) => field.replace(/^'(?=[=+\-@\t\r\n])/, "")),
      );
      const written = lines.map((line) =>
        line.map((field) => field.replace(/^'(?=[=+\-@\t\r\n])/, "")),
      );
      expect(without).toEqual(written);
    }),
  );
});

test("no field is one that a spreadsheet would calculate", () => {
  fc.assert(
    fc.property(table, (lines) => {
      for (const field of parseCsv(printCsv(lines).replace(/^\ufeff/, "")).flat()) {
        expect(field).not.toMatch(/^[=+\-@\t\r\n]/);
      }
    }),
  );
});

test("a student who has tried something has its score, attempts and last status", () => {
  const exercise = {
    id: "e",
    slug: "e",
    title: "E",
    lectureSlug: "11-ebpf",
    points: 5,
    weight: 1,
    isHeld: false,
  };
  const cell = {
    isRegrading: false,
    isGiven: false,
    automatic: 4,
    isExcused: false,
    isDropped: false,
  };
  const csv = gradebookCsv({
    exercises: [
      { ...exercise, number: "11.1" },
      { ...exercise, number: "11.2" },
    ],
    pointsMax: 10,
    rows: [
      {
        userId: "u",
        name: "Kovač, Mira",
        username: "mira",
        email: "mira@example.org",
        points: 4,
        of: 10,
        cells: [{ ...cell, best: 4, attempts: 3, last: "time-out" }, undefined],
      },
    ],
    shown: 1,
    means: [4, undefined],
    meanPoints: 4,
    dropLowest: 0,
  });
  expect(csv).toBe(
    "\ufeffname,username,email,points,of,E11.1,E11.1 attempts,E11.1 last,E11.2,E11.2 attempts,E11.2 last\r\n" +
      '"Kovač, Mira",mira,mira@example.org,4,10,4,3,time-out,,0,\r\n',
  );
});
