import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { NotPlain } from "./not-plain.ts";
import { decodePlain, encodePlain } from "./plain.ts";

const leaf = fc.oneof(
  fc.bigInt(),
  fc.integer(),
  fc.string(),
  fc.constantFrom(null, true, undefined, Number.NaN, -0, 2n ** 53n, -(2n ** 53n)),
);
const key = fc.constantFrom("value", "mask", "0", "__proto__", "constructor", "o");
/** Makes rows of one form, with other leaves in each. */
const form: fc.Arbitrary<fc.Arbitrary<unknown>> = fc.letrec((tie) => ({
  form: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(fc.bigInt(), fc.integer(), fc.string()),
    fc.array(tie("form"), { maxLength: 4 }).map((items) => fc.tuple(...(items as [never]))),
    fc
      .uniqueArray(fc.tuple(key, tie("form")), { selector: ([name]) => name, maxLength: 4 })
      .map((entries) =>
        fc
          .tuple(...(entries.map(([, item]) => item) as [never]))
          .map((items) => objectOf(entries.map(([name], index) => [name, items[index]]))),
      ),
  ),
})).form as fc.Arbitrary<fc.Arbitrary<unknown>>;
const rows = form.chain((row) => fc.array(row, { minLength: 16, maxLength: 40 }));

test("rows of one form come back the same, and so do those of which one differs", () => {
  fc.assert(
    fc.property(rows, fc.option(leaf, { nil: "none" }), fc.nat(15), (values, other, at) => {
      const mixed = other === "none" ? values : values.with(at, other);
      expect(isDeepStrictEqual(decodePlain(encodePlain(mixed)), mixed)).toBe(true);
    }),
  );
});

test("a batch of calls is as long as its numbers, nearly", () => {
  const calls = Array.from({ length: 1000 }, (_, n) => [{ value: BigInt(n), mask: 0n }, n]);
  expect(encodePlain(calls).length).toBeLessThan(1000 * 12);
});

test.each([
  { name: "no form", text: `{"t":[]}` },
  { name: "an unknown form", text: `{"t":["x",[1]]}` },
  {
    name: "a form without leaves, of which any number of rows would be nothing",
    text: `{"t":[[],[]]}`,
  },
  { name: "a key that is none", text: `{"t":[{"o":[1,"p"]},[1]]}` },
  { name: "a key without a form", text: `{"t":[{"o":["a"]},[1]]}` },
  { name: "a form without rows", text: `{"t":["p",[1],"p"]}` },
  { name: "half a row", text: `{"t":[["p","p"],[1,2,3]]}` },
  { name: "a leaf that is no leaf", text: `{"t":["p",[[]]]}` },
  { name: "a bigint that is none", text: `{"t":["i",[1.5]]}` },
  { name: "a bigint of other digits", text: `{"t":["i",["0xg"]]}` },
  {
    name: "a form of ten thousand levels",
    text: `{"t":[${"[".repeat(1e4)}${"]".repeat(1e4)},[]]}`,
  },
  {
    name: "few leaves that stand for more than a million parts",
    text: `{"t":[["p"${",[]".repeat(60)}],[${"1,".repeat(20_000)}1]]}`,
  },
])("$name is refused", ({ text }) => {
  expect(() => decodePlain(text)).toThrow(NotPlain);
});

test("a batch of two forms is short, too", () => {
  const sizes = [0, 1, 2].map((n) => {
    const calls = Array.from({ length: 1000 }, (_, i) => ({ value: BigInt(i), mask: 0n }));
    const others = calls.map(({ value, mask }) => ({ mask, value }));
    return encodePlain([...calls, ...others.slice(0, n * 500)]).length;
  });
  expect(sizes[2]).toBeLessThan((sizes[0] ?? 0) * 2.2);
});

test("a value that changes while it is read is refused", () => {
  let reads = 0;
  const fickle = {
    get value() {
      return reads++ % 2 === 0 ? 1n : "one";
    },
  };
  expect(() => encodePlain(new Array(40).fill(fickle))).toThrow(NotPlain);
});

test("a million parts are refused in rows, too", () => {
  const rowsOfTen = Array.from({ length: 100_000 }, () => new Array(10).fill(0));
  expect(() => encodePlain(rowsOfTen)).toThrow("a million parts");
});

function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return made;
}
