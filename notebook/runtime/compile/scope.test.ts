import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CellNames } from "../protocol.ts";
import { compileCell } from "./compile.ts";

function namesOf(source: string): CellNames {
  const result = compileCell(source);
  if (result.kind === "refused") throw new Error(result.message);
  return result.names;
}

describe("a cell declares, reads and writes", () => {
  test.each([
    { source: "const a = b", declares: ["a"], reads: ["b"], writes: [] },
    { source: "a = 1", declares: [], reads: [], writes: ["a"] },
    { source: "a += 1; b++", declares: [], reads: ["a", "b"], writes: ["a", "b"] },
    { source: "let a = 1; a = a + b", declares: ["a"], reads: ["b"], writes: [] },
    { source: "function f(x) { return x + y }", declares: ["f"], reads: ["y"], writes: [] },
    { source: "const f = ({ a, b: [c = d] }) => a + c", declares: ["f"], reads: ["d"], writes: [] },
    { source: "{ let a = 1; a } a", declares: [], reads: ["a"], writes: [] },
    { source: "if (c) { var a = 1 }", declares: ["a"], reads: ["c"], writes: [] },
    { source: "for (const i of list) i", declares: [], reads: ["list"], writes: [] },
    { source: "for (i of list) i", declares: [], reads: ["list", "i"], writes: ["i"] },
    { source: "for (let i = 0; i < n; i++) ;", declares: [], reads: ["n"], writes: [] },
    { source: "try { a } catch (e) { e }", declares: [], reads: ["a"], writes: [] },
    {
      source: "class A extends B { [k] = v; #p = 1; m() { return this.#p } }",
      declares: ["A"],
      reads: ["B", "k", "v"],
      writes: [],
    },
    { source: "const { a, ...rest } = all", declares: ["a", "rest"], reads: ["all"], writes: [] },
    { source: "({ a: b, c } = d)", declares: [], reads: ["d"], writes: ["b", "c"] },
    { source: "[x.y] = z", declares: [], reads: ["x", "z"], writes: [] },
    {
      source: "const o = { a, b: c, [d]: 1, e() {} }",
      declares: ["o"],
      reads: ["a", "c", "d"],
      writes: [],
    },
    { source: "a.b.c", declares: [], reads: ["a"], writes: [] },
    { source: "label: for (;;) { break label }", declares: [], reads: [], writes: [] },
    { source: "const f = function g() { g(); arguments }", declares: ["f"], reads: [], writes: [] },
    {
      source: "function f() { use(); function use() {} var later; later }",
      declares: ["f"],
      reads: [],
      writes: [],
    },
    {
      source: "const a: B<C> = d as E; interface F { g: H }",
      declares: ["a"],
      reads: ["d"],
      writes: [],
    },
    {
      source: 'import { boot } from "kernel-sim"; boot(x)',
      declares: ["boot"],
      reads: ["x"],
      writes: [],
    },
    { source: "switch (a) { case b: let c = 1; c }", declares: [], reads: ["a", "b"], writes: [] },
    { source: "typeof a", declares: [], reads: ["a"], writes: [] },
    { source: ["tag`$", "{b}`"].join(""), declares: [], reads: ["tag", "b"], writes: [] },
    { source: "const f = (a, b = a, c = d) => c", declares: ["f"], reads: ["d"], writes: [] },
    { source: "(a as any) = 1", declares: [], reads: [], writes: ["a"] },
    { source: "class A { static { var inner = x } }", declares: ["A"], reads: ["x"], writes: [] },
  ])("$source", ({ source, declares, reads, writes }) => {
    expect(namesOf(source)).toEqual({ declares, reads, writes });
  });
});

test("a name that is declared around its use is never read from another cell", () => {
  const scopes = fc.constantFrom(
    (body: string) => `{ let x = 1; ${body} }`,
    (body: string) => `(function (x) { ${body} })(1);`,
    (body: string) => `((x) => { ${body} })(1);`,
    (body: string) => `try { throw 1 } catch (x) { ${body} }`,
    (body: string) => `for (const x of [1]) { ${body} }`,
    (body: string) => `(function () { ${body} var x; })();`,
    (body: string) => `{ class x {} ${body} }`,
  );
  const others = fc.constantFrom(
    (body: string) => `{ ${body} }`,
    (body: string) => `if (true) { ${body} }`,
    (body: string) => `(() => { ${body} })();`,
    (body: string) => `for (const y of [1]) { ${body} }`,
  );
  const nesting = fc.array(others, { maxLength: 4 });
  fc.assert(
    fc.property(nesting, scopes, nesting, (outside, scope, inside) => {
      const within = inside.reduce((body, wrap) => wrap(body), "x;");
      const free = [...inside, ...outside].reduce((body, wrap) => wrap(body), "x;");
      const source = outside.reduce((body, wrap) => wrap(body), scope(within));
      expect(namesOf(source).reads).not.toContain("x");
      expect(namesOf(free).reads).toContain("x");
    }),
  );
});
