import { expect, test } from "vitest";
import { VerifierLog } from "../verifier/log.ts";
import { BtfBuilder } from "./build.ts";
import { doTypesMatch, type PlacedType } from "./core-types.ts";
import { btfParse } from "./parse.ts";

function typeIn(make: (builder: BtfBuilder) => number): PlacedType {
  const builder = new BtfBuilder();
  const id = make(builder);
  const btf = btfParse(builder.bytes(), new VerifierLog(0, 0));
  if (typeof btf === "number") throw new Error(`BTF is refused with ${btf}`);
  return { btf, id };
}

function enumOf(...names: readonly string[]): PlacedType {
  return typeIn((builder) =>
    builder.enum(
      "e",
      4,
      names.map((name, i) => [name, i]),
    ),
  );
}

function structOf(...names: readonly string[]): PlacedType {
  return typeIn((builder) => {
    const type = builder.int("int", 4);
    const members = names.map((name, i) => ({ name, type, bitOffset: i * 32 }));
    return builder.struct("s", names.length * 4, members);
  });
}

test.each([
  ["as many values", enumOf("A___x", "B"), enumOf("A", "B"), 1],
  ["more values, which are flavours of one", enumOf("A___x", "A___y"), enumOf("A"), 0],
  ["as many members", structOf("a___x"), structOf("a"), 1],
  ["more members, which are flavours of one", structOf("a___x", "a___y"), structOf("a"), 0],
] as const)("a type with %s", (_what, local, target, answer) => {
  expect(doTypesMatch(local, target)).toBe(answer);
});
