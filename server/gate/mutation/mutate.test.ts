import { expect, test } from "vitest";
import { mutantsOf } from "./mutate.ts";

const all = (source: string) => mutantsOf(source, 1000).map((mutant) => mutant.source);

test.each([
  { source: "const x = a < b;", has: ["const x = a <= b;"] },
  { source: "const x = a && !b;", has: ["const x = a || !b;", "const x = a && b;"] },
  { source: "if (a) b();", has: ["if (true) b();", "if (false) b();", "if (a) ;"] },
  { source: "x += 1;", has: ["x -= 1;", "x += 2;", ";"] },
  { source: "for (;;) { i++; break; }", has: ["for (;;) { i--; break; }", "for (;;) { i++; ; }"] },
  { source: "const n = 10n;", has: ["const n = 11n;"] },
  { source: 'const s = "text" as string;', has: ['const s = "" as string;'] },
])("$source is changed in each way that a slip could", ({ source, has }) => {
  expect(all(source)).toEqual(expect.arrayContaining(has));
});

test("types and imports stay, and so does what looks like a program in a text", () => {
  expect(all('import { a } from "b";\ntype T = 1 | "two";\nlet x: -1;\n')).toEqual([]);
});

test("a program in a template loses a line, or gets another number", () => {
  const source = "const p = asm`\n  r0 = 2   ; two\n out:\n  exit\n`;";
  expect(all(source)).toEqual([
    "const p = asm`\n     ; two\n out:\n  exit\n`;",
    "const p = asm`\n  r0 = 3   ; two\n out:\n  exit\n`;",
    "const p = asm`\n  r0 = 2   ; two\n out:\n  \n`;",
  ]);
});

test("of many only so many are taken, from the whole text, and always the same", () => {
  const source = Array.from({ length: 100 }, (_, n) => `f(${n});`).join("\n");
  const mutants = mutantsOf(source, 20);
  expect(mutants).toHaveLength(20);
  expect(mutants.at(-1)?.line).toBeGreaterThan(90);
  expect(mutantsOf(source, 20)).toEqual(mutants);
});

test("a mutant says its line and what was changed there", () => {
  const [first] = mutantsOf("const a = 1;\nconst b = a - 2;\n", 1000).slice(1);
  expect(first).toMatchObject({ line: 2, what: "const b = a - 2; → const b = a + 2;" });
});
