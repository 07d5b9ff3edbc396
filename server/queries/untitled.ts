/** Hidden tests as somebody knows them whose run keeps their titles: by number alone. */
import type { ExerciseTest, GradingResult, SubmissionProgress } from "#notebook/document";

/** Points stay; hints say what a test is about, so they go with its title. */
export function untitledTests(tests: readonly ExerciseTest[]): ExerciseTest[] {
  return tests.map(({ points }, place) => ({
    id: numbered(place),
    title: `Hidden test ${place + 1}`,
    points,
    hint: "",
  }));
}

/** A result of `tests`; what a failed test has told its student stays. */
export function untitledResult(
  { message, ...result }: GradingResult,
  tests: readonly ExerciseTest[],
): GradingResult {
  return {
    ...result,
    tests: result.tests.map((outcome) => ({ ...outcome, id: untitledId(outcome.id, tests) })),
    // What is our own fault may name the test that it happened in.
    ...(message !== undefined && result.status !== "internal-error" && { message }),
  };
}

export function untitledProgress(
  progress: SubmissionProgress,
  tests: readonly ExerciseTest[],
): SubmissionProgress {
  if (progress.kind === "graded") {
    return { kind: "graded", result: untitledResult(progress.result, tests) };
  }
  if (progress.kind !== "running") return progress;
  const ended = progress.tests.map(({ id, passed }) => ({ id: untitledId(id, tests), passed }));
  return { kind: "running", tests: ended };
}

/** A test that has since been taken out of the exercise has no number. */
function untitledId(id: string, tests: readonly ExerciseTest[]): string {
  const place = tests.findIndex((test) => test.id === id);
  return place < 0 ? "hidden-test" : numbered(place);
}

function numbered(place: number): string {
  return `hidden-${place + 1}`;
}
