import { describe, expect, test } from "vitest";
import { boot, bpf } from "#kernel-sim";
import { MIME_VERIFIER_LOG } from "#notebook/document";
import { bundleOf } from "./bundle.ts";
import { refusalOfError } from "./verifier-log.ts";

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

test("a refusal is explained below its log, and a check of many instructions is not made again for it", () => {
  let asked = 0;
  const refusedAfter = (insnsProcessed: number) => ({
    ...{ ok: false, errno: 13, errnoName: "EACCES", error: "R0 !read_ok", insnsProcessed },
    log: "R0 !read_ok\n",
    get explanation() {
      asked++;
      return { rule: "Write first.", value: "R0 holds nothing.", origin: "", repair: 7 };
    },
  });
  const { [MIME_VERIFIER_LOG]: log, "text/plain": text } = bundleOf(refusedAfter(1));
  expect(text).toBe(
    "Refused: EACCES: R0 !read_ok\nR0 !read_ok\nThe rule: Write first.\nWhat broke it: R0 holds nothing.",
  );
  expect(log).toMatchObject({ explanation: { rule: "Write first.", origin: "", repair: "" } });
  expect(bundleOf(refusedAfter(1_000_001))["text/plain"]).toMatch(/R0 !read_ok$/);
  expect(asked).toBe(1);
});

test("a program that mustLoad() does not load leaves the log with its explanation, other errors nothing", () => {
  const machine = boot({ seed: 1 });
  const thrownBy = (action: () => unknown): unknown => {
    try {
      return action();
    } catch (thrown) {
      return thrown;
    }
  };
  const program = bpf.asm("r0 = r3; exit");
  const refused = thrownBy(() => machine.bpf.mustLoad({ type: "xdp", program }));
  const text = refusalOfError(refused)?.["text/plain"];
  expect(text).toMatch(/^Refused: EACCES: R3 !read_ok\n/);
  expect(text).toMatch(/^What broke it: At instruction 0, `r0 = r3`, R3 holds nothing/m);
  const sizes = { type: "array", keySize: 3, valueSize: 8, maxEntries: 1 } as const;
  expect(refusalOfError(thrownBy(() => machine.bpf.createMap(sizes)))).toBeUndefined();
  expect(refusalOfError(new Error("R3 !read_ok"))).toBeUndefined();
  machine.close();
});
