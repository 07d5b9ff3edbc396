import { describe, expect, test } from "vitest";
import { bundleOf } from "./bundle.ts";

const circular: Record<string, unknown> = { a: 1 };
circular["self"] = circular;

describe("a value is shown as text", () => {
  test.each([
    { value: 1, text: "1" },
    { value: -0, text: "-0" },
    { value: 10n, text: "10n" },
    { value: "a", text: '"a"' },
    { value: "a\nb", text: "a\nb" },
    { value: null, text: "null" },
    { value: { a: 1, b: [1, 2] }, text: "{ a: 1, b: [1, 2] }" },
    {
      value: {
        get a() {
          return 1;
        },
      },
      text: "{ a: [getter] }",
    },
    { value: circular, text: "{ a: 1, self: [circular] }" },
    { value: new Uint8Array([1, 2]), text: "Uint8Array(2) [1, 2]" },
    { value: new Map([["a", { b: 1n }]]), text: 'Map(1) { "a" => { b: 1n } }' },
    { value: new Set([1]), text: "Set(1) { 1 }" },
    { value: /a/g, text: "/a/g" },
    { value: new Date(0), text: "1970-01-01T00:00:00.000Z" },
    { value: new RangeError("no"), text: "[RangeError: no]" },
    { value: class A {}, text: "[class A]" },
    { value: Symbol("s"), text: "Symbol(s)" },
    { value: Object.assign(new Array(2), { 1: 3 }), text: "[<empty>, 3]" },
  ])("$text", ({ value, text }) => {
    expect(bundleOf(value)["text/plain"]).toBe(text);
  });
});

test("a list of records is a table, with the same as text", () => {
  const bundle = bundleOf([
    { name: "a", n: 1 },
    { name: "b", n: 22n },
  ]);
  expect(bundle).toEqual({
    "text/plain": "name   n\n----  --\na      1\nb     22",
    "application/vnd.kernelbook.table+json": {
      columns: ["name", "n"],
      rows: [
        ["a", "1"],
        ["b", "22"],
      ],
      numeric: [1],
    },
  });
});

test("what the verifier answered is shown with its verdict and lines", () => {
  const refused = {
    ok: false,
    errno: 13,
    errnoName: "EACCES",
    error: "R0 !read_ok",
    log: "0: exit\nR0 !read_ok\n",
    insnsProcessed: 1,
  };
  expect(bundleOf(refused)["text/plain"]).toBe(
    "Refused: EACCES: R0 !read_ok\n0: exit\nR0 !read_ok",
  );
});
