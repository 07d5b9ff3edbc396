import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPlain, decodePlain, encodePlain, NotPlain } from "./plain.ts";

const leaf = fc.oneof(
  fc.constantFrom(undefined, null, true, false, Number.NaN, -0, Infinity, -Infinity),
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: "binary" }),
  fc.uint8Array(),
);
const { value: plain } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(key(), tie("value")),
  ),
}));

/** Also names that mean something to objects, and those of our own tags. */
function key() {
  return fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "o", "u"));
}

test("what is encoded comes back the same", () => {
  fc.assert(
    fc.property(plain, (value) => {
      // Not `toStrictEqual`: that asks an object's own `constructor` for its type.
      expect(isDeepStrictEqual(decodePlain(encodePlain(value)), asOrdinary(value))).toBe(true);
    }),
  );
});

test("whatever text comes in, it is data or refused", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    plain.map(encodePlain).map((json) => json.slice(1)),
  );
  fc.assert(
    fc.property(text, (incoming) => {
      try {
        checkPlain(decodePlain(incoming));
      } catch (problem) {
        expect(problem).toBeInstanceOf(NotPlain);
      }
    }),
  );
});

test.each([
  { name: "a function", value: () => 1 },
  { name: "a symbol", value: Symbol("x") },
  { name: "a Map", value: new Map() },
  { name: "an object of a class", value: new (class Point {})() },
  { name: "another typed array", value: new Uint16Array(2) },
  { name: "a bigint of a million digits", value: 1n << 4_000_000n },
  { name: "something that holds itself", value: holdingItself() },
  { name: "more than a million parts", value: new Array(1_000_001).fill(0) },
])("$name is refused", ({ value }) => {
  expect(() => encodePlain(value)).toThrow(NotPlain);
});

test("a value of 20 levels crosses, one of 21 does not", () => {
  const nested = (levels: number) =>
    Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);
  expect(() => checkPlain(nested(20))).not.toThrow();
  expect(() => checkPlain(nested(21))).toThrow("20 levels");
});

function holdingItself(): unknown[] {
  const loop: unknown[] = [];
  loop.push(loop);
  return loop;
}

/** fast-check makes some of its dictionaries without a prototype. */
function asOrdinary(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asOrdinary);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const made = {};
  for (const [name, item] of Object.entries(value)) {
    Object.defineProperty(made, name, {
      value: asOrdinary(item),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return made;
}
