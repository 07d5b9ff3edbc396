/** From verdicts to points: never a full score by silence, never a silent 0. */
import type {
  ExerciseManifest,
  GradingResult,
  GradingStatus,
  TestOutcome,
} from "#notebook/document";
import type { TestVerdict } from "#notebook/runtime";
import type { RunEnd } from "./grade.ts";

export type Verdicts = Map<string, TestVerdict>;

const FEEDBACK_MAX = 2000;

/** What happened and what to do, where the run has not said it itself. */
const MESSAGES: Readonly<Record<GradingStatus, string>> = {
  graded: "",
  "compile-error": "The submission does not compile.",
  "time-out": "It took too long. Look for a loop that never ends.",
  memory:
    "It used more memory than it may. Look for a collection that grows without end; the tests before keep their points.",
  crashed:
    "The process ended by itself in the middle of a test. Look for a recursion without end; the tests before keep their points.",
  tampered:
    "Something else than the answers to the tests' questions came out of the sandbox, so nothing counts. If you did not try to, tell your instructor the number of this submission.",
  "internal-error": "The grader failed; this is not your fault and spends no attempt.",
};

/** These lose even what had passed: nothing that came out of such a run can be believed. */
const WORTH_NOTHING: ReadonlySet<GradingStatus> = new Set([
  "tampered",
  "compile-error",
  "internal-error",
]);

export function resultOf(manifest: ExerciseManifest, end: RunEnd, ms: number): GradingResult {
  const verdicts: Verdicts = WORTH_NOTHING.has(end.status) ? new Map() : end.verdicts;
  const tests = manifest.tests.map(({ id, points }) => outcomeOf(id, points, verdicts.get(id)));
  // A judge that says "done" without a verdict for each test is broken.
  const isWhole = tests.every(({ kind }) => kind !== "not-run");
  const isBroken = end.status === "graded" && !isWhole && end.isPartial !== true;
  const status = isBroken ? "internal-error" : end.status;
  const message = end.message ?? MESSAGES[status];
  return {
    status,
    score: tests.reduce((sum, test) => sum + test.points, 0),
    max: manifest.points,
    tests,
    ...(message === "" ? {} : { message }),
    ms: Math.round(ms),
  };
}

/** For a submission during which one grader after the other died. */
export function givenUp(manifest: ExerciseManifest): GradingResult {
  return resultOf(manifest, { status: "internal-error", verdicts: new Map() }, 0);
}

function outcomeOf(id: string, max: number, verdict: TestVerdict | undefined): TestOutcome {
  if (verdict === undefined) return { id, kind: "not-run", points: 0, max };
  if (verdict.passed) return { id, kind: "passed", points: max, max };
  const feedback = verdict.feedback?.slice(0, FEEDBACK_MAX);
  return {
    id,
    kind: "failed",
    points: 0,
    max,
    ...(feedback === undefined ? {} : { feedback }),
  };
}
