import { expect, test } from "vitest";
import { openKernel } from "../kernel.ts";
import { createPlayer } from "../player/player.ts";
import { createRealm } from "../realm/realm.ts";
import { type JudgeEnd, judge, type TestVerdict } from "./judge.ts";
import { loadTestFile } from "./test-file.ts";

const TESTS = `
import { exercise } from "exercise";
import { bpf } from "kernel-sim";

export default exercise("unit", ({ test }) => {
  test("adds", async ({ player, check, random }) => {
    const a = random.int(1, 99);
    check((await player.call("sum", a, 1)) === a + 1, "The sum is wrong.");
  });
  test("returns-two", async ({ player, check }) => {
    const program = await player.program("two");
    check(program.insns.length === 2, "Two slots are enough.");
    check(program.text() === bpf.asm\`r0 = 2; exit\`.text(), "It answers something else.");
  });
  test("names", async ({ player, check }) => {
    check((await player.exports()).includes("sum"), "sum is missing.");
    check((await player.value("limit")) === 10n, "limit is 10n.");
  });
});
`;

/** Asks for the same, whatever its seed. */
const ASKS_ONLY = `
import { exercise } from "exercise";
export default exercise("unit", ({ test }) => {
  test("names", async ({ player, random }) => {
    random.int(1, 9);
    await player.exports();
  });
});
`;

const SOLUTION = `
import { bpf } from "kernel-sim";
export const sum = (a: number, b: number): number => a + b;
export const two = bpf.asm\`r0 = 2; exit\`;
export const limit = 10n;
`;

/** Fails while two of its three questions are still to be asked. */
const ASKS_TOO_MUCH = `
import { exercise } from "exercise";
export default exercise("unit", ({ test }) => {
  test("many", async ({ player, check }) => {
    await Promise.all([
      player.call("sum", 1, 1).then(() => check(false, "The first has failed it.")),
      player.call("sum", 2, 2),
      player.call("sum", 3, 3),
    ]);
  });
});
`;

/** Passes with some seeds. */
const IS_LUCKY = `
import { exercise } from "exercise";
export default exercise("unit", ({ test }) => {
  test("fixed", async ({ random, check }) => check(random.seed !== 3, "The third."));
  test("lucky", async ({ random, check }) => check(random.seed !== 1, "The first."));
  test("never", async ({ random, check }) => check(random.seed > 2, "Always."));
});
`;

interface Judged {
  readonly end: JudgeEnd;
  readonly verdicts: readonly TestVerdict[];
}

test("what a test has asked for and not waited for is not asked once it has ended", async () => {
  const asked: string[] = [];
  const player = createPlayer(createRealm(openKernel({})));
  const end = await judge({
    definition: await loadTestFile(ASKS_TOO_MUCH, openKernel({})),
    seeds: [1],
    loaded: player.load(SOLUTION),
    ask: (question) => {
      asked.push(question);
      return player.answer(question);
    },
    onVerdict: () => undefined,
    isPublic: false,
  });
  expect(end).toEqual({ kind: "done" });
  const byThen = asked.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(byThen);
  expect(byThen).toBeLessThan(3);
});

test("of seeds that are tried apart it is told whether a test ends alike with them", async () => {
  const verdicts: TestVerdict[] = [];
  const player = createPlayer(createRealm(openKernel({})));
  await judge({
    definition: await loadTestFile(IS_LUCKY, openKernel({})),
    seeds: [3],
    apart: [1, 2],
    loaded: player.load(SOLUTION),
    ask: (question) => player.answer(question),
    onVerdict: (verdict) => verdicts.push(verdict),
    isPublic: false,
  });
  expect(verdicts).toEqual([
    { id: "fixed", passed: false, feedback: "The third." },
    { id: "lucky", passed: false, feedback: "The first.", isLuck: true },
    { id: "never", passed: false, feedback: "Always." },
  ]);
});

test("what the player is asked tells nothing of the test's seeds", async () => {
  const questions = async (seeds: readonly number[]) => {
    const asked: string[] = [];
    const player = createPlayer(createRealm(openKernel({})));
    await judge({
      definition: await loadTestFile(ASKS_ONLY, openKernel({})),
      seeds,
      loaded: player.load(SOLUTION),
      ask: (question) => {
        asked.push(question);
        return player.answer(question);
      },
      onVerdict: () => undefined,
      isPublic: false,
    });
    return asked;
  };
  expect(await questions([1, 2])).toEqual(await questions([77, 4_000_000_000]));
});

async function run(source: string, isPublic = true): Promise<Judged> {
  const player = createPlayer(createRealm(openKernel({})));
  const verdicts: TestVerdict[] = [];
  const end = await judge({
    definition: await loadTestFile(TESTS, openKernel({})),
    seeds: [1, 2],
    loaded: player.load(source),
    ask: (question) => player.answer(question),
    onVerdict: (verdict) => verdicts.push(verdict),
    isPublic,
  });
  return { end, verdicts };
}

test("a right submission passes every test, in their order", async () => {
  const { end, verdicts } = await run(SOLUTION);
  expect(end).toEqual({ kind: "done" });
  expect(verdicts).toEqual([
    { id: "adds", passed: true },
    { id: "returns-two", passed: true },
    { id: "names", passed: true },
  ]);
});

test.each([
  {
    name: "a wrong answer is told in the test's words",
    source: SOLUTION.replace("a + b", "a - b"),
    says: "The sum is wrong.",
  },
  {
    name: "a missing export is named",
    source: "export const other = 1;",
    says: "There is no export named `sum`.",
  },
  {
    name: "a throw is told with its message and line",
    source: "\nexport function sum() { throw new RangeError('too far'); }",
    says: "`sum` threw RangeError: too far (line 2)",
  },
  {
    name: "a promise that nobody answers is told",
    source: "export const sum = () => new Promise(() => undefined);",
    says: "`sum` threw Error: This waits for a promise that nothing will ever answer.",
  },
  {
    name: "an answer that is no data is told",
    source: "export const sum = () => () => 1;",
    says: "`sum` threw TypeError: its answer is not plain data: it holds a function",
  },
])("$name", async ({ source, says }) => {
  const { verdicts } = await run(source);
  expect(verdicts[0]).toMatchObject({ passed: false });
  expect(verdicts[0]?.feedback).toContain(says);
});

test("in a hidden test a throw tells its kind only", async () => {
  const { verdicts } = await run(
    "export const sum = (a) => { throw new RangeError('' + a); };",
    false,
  );
  expect(verdicts[0]?.feedback).toBe("`sum` threw a RangeError.");
});

test.each([
  { name: "a syntax error", source: "export const sum = ;", message: "SyntaxError", line: 1 },
  {
    name: "a program that cannot be assembled",
    source: "import { bpf } from 'kernel-sim';\nexport const two = bpf.asm`r0 = = 2`;",
    message: "SyntaxError",
    line: 2,
  },
])("$name ends the run with its line", async ({ source, message, line }) => {
  const { end, verdicts } = await run(source);
  expect(end).toMatchObject({ kind: "compile-error", line });
  expect(end.kind === "compile-error" && end.message).toContain(message);
  expect(verdicts).toEqual([]);
});
