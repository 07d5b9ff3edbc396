import fc from "fast-check";
import { expect, test } from "vitest";
import { packRow, unpackRow } from "./gradebook-wire.ts";

const points = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
const cell = fc.record({
  best: points,
  automatic: points,
  attempts: fc.nat(9),
  last: fc.constantFrom("graded", "none", "waiting", "time-out"),
  isRegrading: fc.boolean(),
  isGiven: fc.boolean(),
  isExcused: fc.boolean(),
  isDropped: fc.boolean(),
});
const row = fc.record({
  userId: fc.string(),
  name: fc.string(),
  username: fc.string(),
  points: fc.nat(),
  of: fc.nat(),
  cells: fc.array(fc.option(cell, { nil: undefined })),
});

test("a row comes out of its packing, and of JSON, as it went in", () => {
  const isWhole = fc.property(row, (one) => {
    expect(unpackRow(JSON.parse(JSON.stringify(packRow(one))))).toEqual(one);
  });
  fc.assert(isWhole);
});

test("a cell as most are takes two numbers", () => {
  const common = { best: 3, automatic: 3, attempts: 2, last: "graded" };
  const flags = { isRegrading: false, isGiven: false, isExcused: false, isDropped: false };
  const student = { userId: "a", name: "b", username: "c", points: 3, of: 7 };
  const packed = packRow({ ...student, cells: [{ ...common, ...flags }, undefined] });
  expect(packed).toEqual(["a", "b", "c", 3, 7, [[3, 2], 0]]);
});
