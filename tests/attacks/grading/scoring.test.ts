import { describe, expect, test } from "vitest";
import { testRandom } from "../../../notebook/runtime/judge/random.ts";
import { grade } from "../../../server/grading/grade.ts";
import { SandboxPool } from "../../../server/grading/sandbox/pool.ts";
import { studentSeed } from "../../../server/grading/seed.ts";
import { attack, attacked, CANARY, earned, HONEST } from "./attack.ts";

/** Things that say they are 32 right bytes. In the judge's own process each would be believed. */
const LIES = [
  {
    name: "a Uint8Array with an every() of its own",
    make: "Object.defineProperty(new Uint8Array(32), 'every', { value: () => true })",
  },
  {
    name: "a subclass of Uint8Array",
    make: "new (class extends Uint8Array { every() { return true; } })(32)",
  },
  {
    name: "a plain object on the prototype of Uint8Array",
    make: "Object.create(Uint8Array.prototype, { length: { value: 32 }, every: { value: () => true } })",
  },
  {
    name: "a proxy that agrees with everything",
    make: "new Proxy(new Uint8Array(32), { get: (target, key) => key === 'length' ? 32 : key === 'every' ? () => true : Reflect.get(target, key) })",
  },
  {
    name: "a thenable that answers a liar",
    make: "({ then(done) { done(Object.defineProperty(new Uint8Array(32), 'every', { value: () => true })); } })",
  },
  {
    name: "an object with a lying toJSON",
    make: "Object.assign(Object.create(Uint8Array.prototype, { length: { value: 32 }, every: { value: () => true } }), { toJSON: () => ({ b: '' }) })",
  },
  {
    name: "an object whose prototype is set by its literal",
    make: "({ __proto__: Object.create(Uint8Array.prototype, { length: { value: 32 }, every: { value: () => true } }) })",
  },
];

describe.each(LIES)("$name", ({ make }) => {
  test("is data on the judge's side, and wrong", async () => {
    const result = await attack(`
      export const sum = (a, b) => ({ valueOf: () => a + b, [Symbol.toPrimitive]: () => a + b });
      export const reverse = () => ${make};
      export const breach = () => ({ valueOf: () => true });`);
    expect(result).toMatchObject({ status: "graded", score: 0 });
  });

  test("control: compared where it was made, it is believed", async () => {
    const reversed = await new Function(`return (async () => ${make})()`)();
    const isBelieved =
      reversed instanceof Uint8Array && reversed.length === 32 && reversed.every(() => false);
    expect(isBelieved).toBe(true);
  });
});

describe("answers that are tabled from the fixed seeds", () => {
  const { manifest } = attacked;
  const table = new Map<string, number>();
  for (const seed of manifest.seeds) {
    const random = testRandom(seed, "adds");
    for (let i = 0; i < 3; i++) {
      const [a, b] = [random.int(1, 1 << 30), random.int(1, 1 << 30)];
      table.set(`${a},${b}`, a + b);
    }
  }
  const source = `
    const table = new Map(${JSON.stringify([...table])});
    export const sum = (a, b) => table.get(a + "," + b) ?? 0;
    export const reverse = (bytes) => bytes.slice().reverse();`;

  test("fail with the student's own seed", async () => {
    const pool = new SandboxPool({ concurrency: 1 });
    const own = studentSeed("the server's secret", "a student", attacked.hash);
    const result = await grade(pool, attacked, source, [...manifest.seeds, own]);
    pool.close();
    expect(earned(result)).toEqual(["reverses"]);
  });

  test("control: without it they pass", async () => {
    expect(earned(await attack(source))).toEqual(["adds", "reverses"]);
  });
});

test("a student's seed depends on the secret, the student and the version", () => {
  const seeds = [
    studentSeed("secret", "ada", "v1"),
    studentSeed("secret", "bob", "v1"),
    studentSeed("secret", "ada", "v2"),
    studentSeed("other", "ada", "v1"),
  ];
  expect(new Set(seeds).size).toBe(4);
  expect(studentSeed("secret", "ada", "v1")).toBe(seeds[0]);
});

/** Each tries to carry an argument of a hidden test, which holds a canary, to the student. */
test.each([
  { name: "an error's message", sum: "(...args) => { throw new Error(args.join()); }" },
  {
    name: "an error's name",
    sum: "(...args) => { const e = new Error(); Object.defineProperty(e, 'name', { value: args.join() }); throw e; }",
  },
  { name: "a thrown string", sum: "(...args) => { throw args.join(); }" },
  {
    name: "a printed line",
    sum: "(...args) => { console.log(...args); console.error(args); return 0; }",
  },
  { name: "a displayed value", sum: "(...args) => { display(args); return 0; }" },
  { name: "the answer itself", sum: "(...args) => args" },
  {
    name: "a promise that nobody waits for",
    sum: "(...args) => { void Promise.reject(new Error(args.join())); return 0; }",
  },
  {
    name: "an answer that cannot leave, which says why",
    sum: "(...args) => ({ get x() { throw new TypeError(args.join()); } })",
  },
])("$name tells no hidden value", async ({ sum }) => {
  const result = await attack(`export const sum = ${sum};`);
  expect(result).toMatchObject({ status: "graded", score: 0 });
  expect(JSON.stringify(result)).not.toMatch(CANARY);
});

test.each([
  {
    where: "in its own variables",
    source:
      "let questions = 0; export const breach = () => { questions++; return questions > 1; };",
  },
  {
    where: "on the global object",
    source: `if (globalThis.left === true) globalThis.found = true;
      try { globalThis.left = true; } catch {}
      export const breach = () => globalThis.found === true || globalThis.left === true;`,
  },
  {
    where: "on a function of the language",
    source: `const found = structuredClone.left === true;
      try { structuredClone.left = true; } catch {}
      export const breach = () => found;`,
  },
  {
    where: "in a timer",
    source: `let late = 0; setTimeout(() => { late++; }, 1e6);
      export const breach = () => late > 0;`,
  },
])("what a module leaves behind $where is gone in the next test", async ({ source }) => {
  expect(earned(await attack(`${HONEST}${source}`))).toEqual(["adds", "reverses"]);
});
