/**
 * The core of the judge: runs the tests of an exercise against a player it does not trust, and
 * tells the outcome of each as soon as it is known. The same in the grader and, with the visible
 * tests, in the browser.
 */

import type { ExerciseDefinition, TestContext } from "../exercise-api.ts";
import type { LoadAnswer } from "../player/messages.ts";
import { decodePlain } from "../player/plain.ts";
import { testRandom } from "./random.ts";
import {
  type AskPlayer,
  type AskPlayerNow,
  remotePlayer,
  Tampering,
  TestFailure,
} from "./remote-player.ts";

export interface TestVerdict {
  readonly id: string;
  readonly passed: boolean;
  /** Of a failed test: what to look at. */
  readonly feedback?: string;
  /** It passes with one of the seeds that are tried apart, and fails with another. */
  readonly isLuck?: boolean;
}

/** How a run of all tests came to its end. */
export type JudgeEnd =
  | { readonly kind: "done" }
  | { readonly kind: "compile-error"; readonly message: string; readonly line: number }
  | { readonly kind: "tampered" };

export interface JudgeOptions {
  readonly definition: ExerciseDefinition;
  /** Every test must pass with each of them. */
  readonly seeds: readonly number[];
  /** Besides, seeds of several students: whether a test ends alike for them is told, too. */
  readonly apart?: readonly number[] | undefined;
  readonly ask: AskPlayer;
  /** The same, where the player can be waited for. */
  readonly askNow?: AskPlayerNow;
  /** The player's first answer, to the submission itself. */
  readonly loaded: Promise<string>;
  readonly onVerdict: (verdict: TestVerdict) => void;
  /** True for visible tests: their arguments may be told. */
  readonly isPublic: boolean;
  /** True: what comes after the first test that fails does not matter. */
  readonly toFirstFailure?: boolean;
  /** The tests that are run; undefined: all of them. */
  readonly only?: readonly string[] | undefined;
  /** Told about a test that failed by its own fault, such as reading a property of undefined. */
  readonly onTestError?: (testId: string, thrown: unknown) => void;
}

type TestBody = (context: TestContext) => Promise<void>;

/** The ids of an exercise's tests in their order, with their bodies. Throws for a second one. */
export function testsOf({ id, define }: ExerciseDefinition): ReadonlyMap<string, TestBody> {
  const tests = new Map<string, TestBody>();
  define({
    test: (testId, body) => {
      if (tests.has(testId)) throw new Error(`${id} has two tests named ${testId}`);
      tests.set(testId, body);
    },
  });
  return tests;
}

/** Runs the tests; what has a verdict before the end keeps it. */
export async function judge(options: JudgeOptions): Promise<JudgeEnd> {
  try {
    const load = parseLoad(await options.loaded);
    if (load.kind === "refused") {
      const { name, message, line } = load.thrown;
      return { kind: "compile-error", message: `${name}: ${message}`, line };
    }
    const ask = oneAfterTheOther(options.ask);
    let run = 0;
    for (const [id, body] of testsOf(options.definition)) {
      if (options.only?.includes(id) === false) continue;
      const { seeds, apart = [] } = options;
      const verdict = await verdictOf(id, seeds, apart, (seed) => {
        run++;
        return runTest({ ...options, ask }, { id, body, run, seed });
      });
      options.onVerdict(verdict);
      if (!verdict.passed && options.toFirstFailure === true) break;
    }
    return { kind: "done" };
  } catch (problem) {
    if (problem instanceof Tampering) return { kind: "tampered" };
    throw problem;
  }
}

/** @param failure answers why the test fails with a seed */
async function verdictOf(
  id: string,
  seeds: readonly number[],
  apart: readonly number[],
  failure: (seed: number) => Promise<string | undefined>,
): Promise<TestVerdict> {
  const ends: (string | undefined)[] = [];
  for (const seed of apart) ends.push(await failure(seed));
  const feedback = ends.find((end) => end !== undefined);
  // With a seed that everybody has, all fail alike.
  if (feedback === undefined || ends.includes(undefined)) {
    for (const seed of seeds) {
      const end = await failure(seed);
      if (end !== undefined) return { id, passed: false, feedback: end };
    }
  }
  if (feedback === undefined) return { id, passed: true };
  return { id, passed: false, feedback, ...(ends.includes(undefined) && { isLuck: true }) };
}

interface TestRun {
  readonly id: string;
  readonly body: TestBody;
  readonly run: number;
  readonly seed: number;
}

/** Answers why the test failed, or undefined when it passed. */
async function runTest(
  { ask, askNow, isPublic, onTestError }: Omit<JudgeOptions, "ask"> & { readonly ask: AskInTurn },
  { id, body, run, seed }: TestRun,
): Promise<string | undefined> {
  // A test that catches what its player throws must not swallow these two.
  let serious: Tampering | undefined;
  let isOver = false;
  const mayAsk = (): void => {
    if (serious !== undefined) throw serious;
    if (isOver) throw new TestFailure("The test has ended.");
  };
  const watched: AskPlayer = (question) => ask(question, mayAsk);
  const watchedNow: AskPlayerNow | undefined =
    askNow &&
    ((question) => {
      mayAsk();
      return askNow(question);
    });
  const random = testRandom(seed, id);
  // Not drawn from `random`: from what its own `Math.random` answers, a submission could work out
  // the numbers that the test will draw, and export a program for just those.
  const player = remotePlayer({ ask: watched, askNow: watchedNow, run, seed: run, isPublic });
  const check = (condition: boolean, hint: string): void => {
    if (condition !== true) throw new TestFailure(hint);
  };
  try {
    await body({ player: guarded(player, (problem) => (serious ??= problem)), random, check });
    if (serious !== undefined) throw serious;
    return undefined;
  } catch (problem) {
    if (serious !== undefined || problem instanceof Tampering) throw serious ?? problem;
    if (problem instanceof TestFailure) return problem.message;
    onTestError?.(id, problem);
    return "The test could not use what your code answered. Does it have the form that the contract asks for?";
  } finally {
    // What it has asked and not waited for is not asked any more.
    isOver = true;
  }
}

/** Notes tampering even where a test catches every error. */
function guarded<T extends object>(player: T, note: (problem: Tampering) => void): T {
  const made: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(player)) {
    made[name] = async (...args: unknown[]) => {
      try {
        return await Reflect.apply(method as () => unknown, undefined, args);
      } catch (problem) {
        if (problem instanceof Tampering) note(problem);
        throw problem;
      }
    };
  }
  return made as T;
}

/** @param mayAsk throws when it is too late for the question */
type AskInTurn = (question: string, mayAsk: () => void) => Promise<string>;

/** The player answers one question at a time, also where a test asks several at once. */
function oneAfterTheOther(ask: AskPlayer): AskInTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (question, mayAsk) => {
    const answer = last.then(() => {
      mayAsk();
      return ask(question);
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}

function parseLoad(text: string): LoadAnswer {
  let load: Partial<LoadAnswer>;
  try {
    load = decodePlain(text) as unknown as Partial<LoadAnswer>;
  } catch {
    throw new Tampering("an answer of no known form");
  }
  if (load?.kind === "loaded") return { kind: "loaded", exports: [] };
  const thrown = load?.kind === "refused" ? load.thrown : undefined;
  const { name, message, line } = thrown ?? {};
  if (typeof name !== "string" || typeof message !== "string" || !Number.isInteger(line)) {
    throw new Tampering("an answer of no known form");
  }
  return {
    kind: "refused",
    thrown: { name: name.slice(0, 200), message: message.slice(0, 2000), line: Number(line) },
  };
}
