import { expect, test } from "vitest";
import { placeAfter } from "./grid-keys.ts";

const HERE = { row: 5, column: 2 };
const SIZE = { rows: 30, columns: 4 };

test.each([
  { key: "ArrowUp", to: [4, 2] },
  { key: "ArrowRight", to: [5, 3] },
  { key: "PageDown", to: [15, 2] },
  { key: "PageUp", to: [0, 2] },
  { key: "Home", to: [5, 0] },
  { key: "End", to: [5, 3] },
  { key: "Home", ctrlKey: true, to: [0, 0] },
  { key: "End", ctrlKey: true, to: [29, 3] },
])("$key leads to $to", ({ key, ctrlKey = false, to }) => {
  expect(Object.values(placeAfter(HERE, { key, ctrlKey }, SIZE) ?? {})).toEqual(to);
});

test("no key leads out of the table, and others are left to whoever wants them", () => {
  const corner = { row: 29, column: 3 };
  for (const key of ["ArrowDown", "ArrowRight", "PageDown"]) {
    expect(placeAfter(corner, { key, ctrlKey: false }, SIZE)).toEqual(corner);
  }
  expect(placeAfter(HERE, { key: "ArrowDown", ctrlKey: true }, SIZE)).toBeUndefined();
  expect(placeAfter(HERE, { key: "s", ctrlKey: false }, SIZE)).toBeUndefined();
});
