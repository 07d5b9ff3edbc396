import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Compiled, compileCell, compileModule, placeInSource } from "./compile.ts";

function compiled(source: string, compile = compileCell): Compiled {
  const result = compile(source);
  if (result.kind === "refused")
    throw new Error(`${result.line}:${result.column} ${result.message}`);
  return result;
}

/** Indirect: in the global scope. */
// biome-ignore lint/security/noGlobalEval: the test's own sources
const evaluate = eval;

/** Evaluates a cell as a realm does, but without one. */
async function answer(source: string, modules: readonly object[] = []): Promise<unknown> {
  const run = evaluate(compiled(source).code);
  return run({ modules, declare: () => undefined });
}

describe("what a cell answers", () => {
  test.each([
    { source: "1 + 1", value: 2 },
    { source: "const a = 1; a + 1", value: 2 },
    { source: "const a = 1;\na + 1;", value: 2 },
    { source: "const a = 1", value: undefined },
    { source: "", value: undefined },
    { source: "// nothing", value: undefined },
    { source: '"text"', value: "text" },
    { source: "({ a: 1 }).a", value: 1 },
    { source: "await Promise.resolve(3)", value: 3 },
    { source: "for (const x of [1]) {}\n[1, 2][1]", value: 2 },
    { source: "if (true) { 5 }", value: undefined },
    { source: "7 as number", value: 7 },
    { source: "(7 as unknown) as number;", value: 7 },
    { source: "8 satisfies number // the end", value: 8 },
    { source: "const f = (x?: number) => x!\nf(9)", value: 9 },
    { source: "later()\nfunction later() { return 1 }", value: undefined },
    { source: "let x = 1\r\nx", value: 1 },
    { source: "label: 5", value: undefined },
  ])("$source", async ({ source, value }) => {
    expect(await answer(source)).toEqual(value);
  });
});

describe("types are erased", () => {
  test.each([
    {
      name: "annotations",
      source: "const f = (a: number, b?: string): number => a; f(1)",
      value: 1,
    },
    { name: "generics", source: "const f = <T,>(a: T): T => a; f<number>(2)", value: 2 },
    {
      name: "interfaces",
      source: "interface A { a: number }\nconst a: A = { a: 3 }; a.a",
      value: 3,
    },
    { name: "type aliases between lines", source: "let a = 4\ntype T = number\n;[a][0]", value: 4 },
    {
      name: "a type alias ends the line before",
      source: "let a = 4\ntype T = 1\n[1].length",
      value: 1,
    },
    { name: "as const", source: "const a = [5] as const; a[0]", value: 5 },
    { name: "as before a bracket", source: "const a = 6 as any\n;(() => a)()", value: 6 },
    { name: "as at the end of a line", source: "const a = 6 as any\n(() => 1)\na", value: 6 },
    { name: "non-null", source: "const a: { b?: number } = { b: 7 }; a.b!.toFixed(0)", value: "7" },
    {
      name: "class modifiers",
      source:
        "class A { private readonly a: number = 8; get b(): number { return this.a } }\nnew A().b",
      value: 8,
    },
    {
      name: "optional members",
      source: "class A { a?: number; b!: string; [k: string]: unknown }\nnew A().a",
      value: undefined,
    },
    {
      name: "declared fields leave nothing",
      source: 'class A { declare a: number }\n"a" in new A()',
      value: false,
    },
    {
      name: "a field that is called declare",
      source: "class A { declare = 9 }\nnew A().declare",
      value: 9,
    },
    {
      name: "implements",
      source: "interface I {}\nclass A implements I { a = 9 }\nnew A().a",
      value: 9,
    },
    {
      name: "abstract classes",
      source:
        "abstract class A { abstract a(): number; b() { return 10 } }\nclass B extends A { a() { return 1 } }\nnew B().b()",
      value: 10,
    },
    {
      name: "generic superclass",
      source: "class A<T> { a?: T }\nclass B extends A<string> { c = 11 }\nnew B().c",
      value: 11,
    },
    {
      name: "overloads",
      source:
        "function f(a: string): string;\nfunction f(a: number): number;\nfunction f(a: any) { return a }\nf(12)",
      value: 12,
    },
    {
      name: "this parameter",
      source: "function f(this: unknown, a: number) { return a }\nf(13)",
      value: 13,
    },
    {
      name: "this parameter alone",
      source: "function f(this: unknown) { return arguments.length }\nf()",
      value: 0,
    },
    {
      name: "a return type over lines",
      source: "const f = (a: number): {\n b: number;\n} => ({ b: a });\nf(14).b",
      value: 14,
    },
    {
      name: "generics of an async arrow over lines",
      source: "const f = async <\n T,\n>(a: T) => a;\nawait f(15)",
      value: 15,
    },
    { name: "catch clause", source: "try { throw 16 } catch (e: unknown) { e }\n16", value: 16 },
    {
      name: "type arguments of a tag",
      source: "const t = <T,>(s: TemplateStringsArray) => s[0]; t<number>`x`",
      value: "x",
    },
    {
      name: "declare statements",
      source: "declare const q: number;\ntypeof q",
      value: "undefined",
    },
    {
      name: "destructuring",
      source: "const { a, b: [c] }: { a: number; b: number[] } = { a: 1, b: [17] }; c",
      value: 17,
    },
    {
      name: "a type in the head of a loop",
      source: "let n = 0; for (let i: number = 0 as number; i < 3; i++) n += i; n",
      value: 3,
    },
    {
      name: "satisfies inside of a call",
      source: "Math.max(1 satisfies number, (2) as number)",
      value: 2,
    },
    {
      name: "type predicates",
      source: "const isIt = (a: unknown): a is number => typeof a === 'number'; isIt(1)",
      value: true,
    },
    {
      name: "instantiation",
      source: "const f = <T,>(a: T) => a; const g = f<number>\ng(18)",
      value: 18,
    },
    { name: "definite assignment", source: "let a!: number; a = 19; a", value: 19 },
    {
      name: "accessibility with accessors",
      source: "class A extends Object { protected static override get x() { return 20 } }\nA['x']",
      value: 20,
    },
  ])("$name", async ({ source, value }) => {
    expect(await answer(source)).toEqual(value);
  });
});

describe("what cannot run is refused with its place", () => {
  test.each([
    { source: "\n enum A { B }", line: 2, column: 2, message: /enum/ },
    { source: "const enum A { B }", line: 1, column: 1, message: /enum/ },
    { source: "namespace N { export const a = 1 }", line: 1, column: 1, message: /namespace/ },
    {
      source: "class A { constructor(private a: number) {} }",
      line: 1,
      column: 23,
      message: /field/,
    },
    { source: "const a = <number>1", line: 1, column: 11, message: /value as Type/ },
    { source: 'await import("x")', line: 1, column: 7, message: /import/ },
    { source: 'const f = () => import("x")', line: 1, column: 17, message: /import/ },
    { source: 'eval("1")', line: 1, column: 1, message: /eval/ },
    { source: "import.meta.url", line: 1, column: 1, message: /import\.meta/ },
    { source: "arguments[0]", line: 1, column: 1, message: /arguments/ },
    { source: "return 1", line: 1, column: 1, message: /return/ },
    { source: "let a = 1;\nlet a = 2;", line: 2, column: 5, message: /already been declared/ },
    { source: "const a = ;", line: 1, column: 11, message: /Unexpected/ },
    { source: "'use strict'; with (a) {}", line: 1, column: 15, message: /with/ },
    { source: "@d class A {}", line: 1, column: 1, message: /[Dd]ecorator|Unexpected/ },
    { source: "((((", line: 1, column: 5, message: /Unexpected/ },
  ])("$source", ({ source, line, column, message }) => {
    expect(compileCell(source)).toMatchObject({
      kind: "refused",
      line,
      column,
      message: expect.stringMatching(message),
    });
  });

  test("a source that is nested too deeply is refused, and nothing else breaks", () => {
    const deep = "(".repeat(200_000);
    expect(compileCell(deep).kind).toBe("refused");
    expect(compileCell("1+1").kind).toBe("compiled");
  });
});

/** What SES looks for. */
const REFUSED_BY_SES = [
  /<!--|-->/,
  /(?:^|[^.]|\.\.\.)\bimport\s*(?:\(|\/[/*])/,
  /(?:^|[^.])\beval\s*\(/,
];

describe("innocent text that SES refuses is written differently and means the same", () => {
  test.each([
    { source: '"import(x)"', value: "import(x)" },
    { source: "'eval (x) <!-- -->'", value: "eval (x) <!-- -->" },
    { source: "`import(x) -->`", value: "import(x) -->" },
    { source: '"\\import(x)"', value: "import(x)" },
    { source: "/import\\(x/.test('import(x')", value: true },
    { source: "/^import( a| b)$/.test('import b')", value: true },
    { source: "/(?<!--)a/.test('--a')", value: false },
    { source: "/[<!--a]/.test('#')", value: true },
    { source: "/-->/.test('-->')", value: true },
    { source: "let n = 3, count = 0; while (n --> 0) count++; count", value: 3 },
    { source: "const a = 1; let b = 2; a<!--b", value: false },
    { source: "({ import(x: number) { return x } }).import(4)", value: 4 },
    { source: "class A { eval() { return 5 } }\nnew A().eval()", value: 5 },
    { source: "// import(x) eval(1) <!-- -->\n6", value: 6 },
    { source: "/* import(x)\n --> */ 7", value: 7 },
    {
      source: '"import /* text */ and import // text"',
      value: "import /* text */ and import // text",
    },
  ])("$source", async ({ source, value }) => {
    const { code } = compiled(source);
    for (const pattern of REFUSED_BY_SES) expect(code).not.toMatch(pattern);
    expect(await answer(source)).toEqual(value);
  });
});

describe("imports", () => {
  test("become bindings to what the realm hands in", async () => {
    const source =
      'import { boot, ENOENT as no } from "kernel-sim";\nimport * as all from "kernel-sim";\n[boot(), no, all.ENOENT]';
    const kernel = { boot: () => "on", ENOENT: 2 };
    expect(await answer(source, [kernel, kernel])).toEqual(["on", 2, 2]);
  });

  test("of types ask for nothing", () => {
    expect(compiled('import type { A } from "./contract.ts";\nlet a: A').imports).toEqual([]);
  });

  test("of names that stand in types only need not exist", () => {
    const source = 'import { A, type B, boot } from "kernel-sim";\nlet a: A; boot';
    const [imported] = compiled(source).imports;
    expect(imported?.bindings).toEqual([
      { local: "A", imported: "A", isUsed: false },
      { local: "boot", imported: "boot", isUsed: true },
    ]);
  });
});

describe("a module", () => {
  async function exportsOf(source: string): Promise<Record<string, unknown>> {
    const host: Record<string, unknown> = { modules: [] };
    const found: Record<string, unknown> = {};
    const accessors: object[] = [];
    host["declare"] = (some: object) => accessors.push(some);
    await evaluate(compiled(source, compileModule).code)(host);
    for (const some of accessors) Object.assign(found, some);
    return "default" in host ? { ...found, default: host["default"] } : found;
  }

  test.each([
    { source: "export const a: number = 1, b = 2", exports: { a: 1, b: 2 } },
    { source: "export let a = 1; a = 5", exports: { a: 5 } },
    { source: "export default 3", exports: { default: 3 } },
    { source: "export default\n  4;\n", exports: { default: 4 } },
    { source: "export /* x */ default 4", exports: { default: 4 } },
    { source: "const a = 1;\nexport { a, a as b }", exports: { a: 1, b: 1 } },
    { source: "const a = 1;\nexport { a as default }", exports: { default: 1 } },
    { source: "export interface A {}\nexport type B = 1;\nexport const c = 1", exports: { c: 1 } },
    {
      source: "type A = 1;\nexport type { A };\nexport const { x, y: [z] } = { x: 1, y: [2] }",
      exports: { x: 1, z: 2 },
    },
    { source: "export default interface A {}\nexport const a = 1", exports: { a: 1 } },
  ])("$source", async ({ source, exports }) => {
    expect(await exportsOf(source)).toEqual(exports);
  });

  test("exports functions and classes, named or not", async () => {
    const source = "export function f() { return 1 }\nexport default class {}\n(0)";
    const { f, default: made } = await exportsOf(source);
    expect((f as () => number)()).toBe(1);
    expect(typeof made).toBe("function");
  });

  test.each(['export * from "kernel-sim"', 'export { boot } from "kernel-sim"'])(
    "refuses %s",
    (source) => {
      expect(compileModule(source).kind).toBe("refused");
    },
  );
});

/** Where V8 says that an evaluated source failed. */
async function placeOfError(source: string): Promise<unknown> {
  const cell = compiled(source);
  const name = "place-of-error";
  try {
    await evaluate(`${cell.code}\n//# sourceURL=${name}`)({
      modules: [{}],
      declare: () => undefined,
    });
  } catch (error) {
    const match = new RegExp(`${name}:(\\d+):(\\d+)`).exec((error as Error).stack ?? "");
    return placeInSource(cell, { line: Number(match?.[1]), column: Number(match?.[2]) });
  }
  throw new Error("it did not fail");
}

describe("errors keep their line and column", () => {
  test.each([
    { source: "boom()", line: 1, column: 1 },
    { source: "const a = 1; boom()", line: 1, column: 14 },
    { source: "let a: Map<string, number> = boom()", line: 1, column: 30 },
    { source: "\n\n  boom()", line: 3, column: 3 },
    { source: 'const t = "import(x) eval(y)"; boom()', line: 1, column: 32 },
    { source: "/* a */ boom()", line: 1, column: 9 },
    { source: 'import { a } from "kernel-sim"; boom()', line: 1, column: 33 },
    { source: "let n = 1; n --> 0; boom()", line: 1, column: 21 },
    { source: "type A = 1\r\ninterface B {}\r\nboom()", line: 3, column: 1 },
  ])("$source", async ({ source, line, column }) => {
    expect(await placeOfError(source)).toEqual({ line, column });
  });

  test("whatever stands in front of it", async () => {
    const before = fc.constantFrom(
      "const v# = 1;",
      "let v#: number[] = [1] as number[];",
      "interface T# { a: string }",
      'const v# = "import(x) <!-- eval(1) -->";',
      "/* note */",
      "function v#<T>(a: T): T { return a }",
      "class v# { private readonly a?: number }",
      "const v# = (a?: number): {\n b: number } => ({ b: 1 });",
      "type T# =\n | 1\n | 2;",
      "  ",
      "// note\n",
    );
    const failing = fc.array(before, { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(failing, fc.constantFrom(" ", "\n", "\n\t"), async (parts, gap) => {
        const head =
          parts.map((part, index) => part.replaceAll("#", String(index))).join(gap) + gap;
        const lines = head.split("\n");
        const expected = { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
        expect(await placeOfError(`${head}boom()`)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test("erasing types and comments moves nothing", () => {
    const part = fc.constantFrom(
      "const a# = 1 as number;",
      "// x -> y\n",
      "let b#: string = 'b';",
      "type C# = 1;\n",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const source = parts.map((one, index) => one.replaceAll("#", String(index))).join(" ");
        const code = compiled(source).code.split("\n").slice(1, -1).join("\n");
        expect(code.length).toBe(source.length);
        for (let at = 0; at < source.length; at++) {
          expect([source[at], " ", ";"]).toContain(code[at]);
        }
      }),
    );
  });
});
