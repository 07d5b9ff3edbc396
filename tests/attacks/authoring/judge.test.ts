/** Hidden tests whose author attacks the judge, the grader around it, or files that are not theirs. */
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { bundleTests } from "../../../server/course/exercise-tests.ts";
import { SandboxPool } from "../../../server/grading/sandbox/pool.ts";
import { TINY_COURSE } from "../../tiny-course.ts";
import { courseWith, EXERCISE, gateProblems } from "./attacked-course.ts";

const HIDDEN = `${EXERCISE}/hidden.test.ts`;
const YAML = `${EXERCISE}/exercise.yaml`;
const SOUND = TINY_COURSE[HIDDEN] ?? "";

const testFile = (id: string) =>
  `import { exercise } from "exercise";\nexport default exercise("a", ({ test }) => test("${id}", async () => {}));\n`;

test("control: the sound exercise passes", async () => {
  expect(await gateProblems({}, [EXERCISE])).toEqual([]);
});

describe("hidden tests that cannot be loaded are told, and others are loaded after them", () => {
  test.each([
    { name: "a loop", code: "for (;;);", says: /do not come to an end/ },
    { name: "memory", code: "const all = []; for (;;) all.push([all]);", says: /memory|to an end/ },
    {
      name: "a promise that nobody keeps",
      code: "await new Promise(() => {});",
      says: /to an end/,
    },
    { name: "the end of the process", code: "Deno.exit(0);", says: /Deno is not defined/ },
  ])("$name", async ({ code, says }) => {
    const pool = new SandboxPool({ concurrency: 1, loadCpuSecondsMax: 2 });
    try {
      const hostile = pool.takeJudge({ hash: "hostile", source: `${testFile("a")}${code}\n` });
      await expect(hostile).rejects.toThrow(says);
      const { sandbox, tests } = await pool.takeJudge({ hash: "sound", source: testFile("b") });
      expect(tests).toEqual(["b"]);
      sandbox.kill();
    } finally {
      pool.close();
    }
  });
});

test("a loop where tests are named is told by the gate, once, and no mutant is tried any more", async () => {
  const text = SOUND.replace("({ test }) => {", "({ test }) => {\n  for (;;);");
  const problems = await gateProblems({ [HIDDEN]: text }, [EXERCISE]);
  const told =
    /solution\.ts:1: gets 0 of 2 points \(internal-error, the hidden tests do not come to/;
  expect(problems).toContainEqual(expect.stringMatching(told));
  expect(problems.join()).not.toMatch(/starter|mutants/);
});

test("a loop in a test meets the limits, and no mutant is tried any more", async () => {
  const text = SOUND.replace("const a =", "while (player) {}\n    const a =");
  const yaml = `${TINY_COURSE[YAML]}limits: { cpuSeconds: 1, wallSeconds: 5 }\n`;
  const problems = await gateProblems({ [HIDDEN]: text, [YAML]: yaml }, [EXERCISE]);
  expect(problems).toContainEqual(expect.stringMatching(/solution\.ts:1: gets 0 .*\(time-out/));
  expect(problems.join()).not.toMatch(/starter|mutants/);
});

describe("a test file is made of its exercise's own files", () => {
  const lines = [
    { name: "a name that is computed", line: `import(\`../../../../elsewhere/\${NAME}.ts\`)` },
    { name: "a name put together", line: 'import("../../../../elsewhere/" + NAME)' },
    { name: "require of a computed name", line: `require(\`../../../../elsewhere/\${NAME}.ts\`)` },
    { name: "import of a written name", line: 'import("../../../../elsewhere/secret.ts")' },
  ];
  const courseThatReaches = (line: string) => {
    const text = `${SOUND}const NAME = "secret";\nexport const reached = () => ${line};\n`;
    const secret = 'export const word = "CANARY-tests";\n';
    return courseWith({ [HIDDEN]: text, "elsewhere/secret.ts": secret });
  };

  test.each(lines)("$name is refused at its line", async ({ line }) => {
    const made = bundleTests(join(courseThatReaches(line), HIDDEN));
    await expect(made).rejects.toThrow(
      /hidden\.test\.ts:10: (?:import\(…\)|require) is not allowed/,
    );
  });

  test.each(lines)("control, the bundler alone: $name is read", async ({ line }) => {
    const entry = join(courseThatReaches(line), HIDDEN);
    const external = ["exercise"];
    const options = { bundle: true, write: false, external, logLevel: "silent" } as const;
    const { outputFiles } = await build({ entryPoints: [entry], platform: "neutral", ...options });
    expect(outputFiles[0]?.text).toContain("CANARY-tests");
  });
});

describe("a test file that is too much for the bundler", () => {
  const EXPRESSIONS = [
    { name: "operators on operators", text: `export const a = ${"!".repeat(390_000)}1;\n` },
    { name: "functions in functions", text: `export const a = ${"a=>".repeat(120_000)}1;\n` },
    { name: "brackets in brackets", text: `export const a = ${"(".repeat(190_000)}\n` },
    { name: "types in types", text: `type A = ${"A<".repeat(150_000)}\n` },
    { name: "types that may be functions", text: `export const a = ${"<T>(".repeat(40)}\n` },
  ];
  test.each(EXPRESSIONS)("$name: refused in words, and others are bundled", async ({ text }) => {
    const made = bundleTests(join(courseWith({ [HIDDEN]: `${SOUND}${text}` }), HIDDEN));
    await expect(made).rejects.toThrow(/hidden\.test\.ts:\d+: .+/);
    const { sources } = await bundleTests(join(courseWith({}), HIDDEN));
    expect(sources).toEqual([SOUND]);
  });
});

test("a judge that is kept serves no other text of the same name", async () => {
  const pool = new SandboxPool({ concurrency: 1 });
  try {
    const first = await pool.takeJudge({ hash: "same", source: testFile("mine") });
    pool.giveBack(first);
    const other = await pool.takeJudge({ hash: "same", source: testFile("yours") });
    expect([first.tests, other.tests]).toEqual([["mine"], ["yours"]]);
    expect(await pool.takeJudge({ hash: "same", source: testFile("mine") })).toBe(first);
    other.sandbox.kill();
    first.sandbox.kill();
  } finally {
    pool.close();
  }
});
