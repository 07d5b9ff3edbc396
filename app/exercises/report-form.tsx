import { ReportFields } from "#notebook/components/exercise";
import { SOURCE_BYTES_MAX } from "#notebook/document";
import { db } from "#server/db";
import { type EnrolledExercise, exerciseDraft } from "#server/queries";
import { handInReport } from "./hand-in-report.ts";

interface ReportFormProps {
  id: string;
  exercise: EnrolledExercise;
  starter: string;
  /** Why what was handed in before was not taken. */
  refused: string | undefined;
}

/** Where a report is written and handed in without a script. */
export async function ReportForm({ id, exercise, starter, refused }: ReportFormProps) {
  const { userId, exerciseId } = exercise;
  const { source = starter, revision } = await exerciseDraft(db(), { userId, exerciseId });
  return (
    <form action={handInReport}>
      <input type="hidden" name="exercise" value={id} />
      <input type="hidden" name="revision" value={revision} />
      <input type="hidden" name="clientKey" value={crypto.randomUUID()} />
      <ReportFields source={source} problem={problemOf(refused)} />
    </form>
  );
}

const PROBLEMS: Readonly<Record<string, string>> = {
  closed: "It is closed: nothing was handed in. Your text is kept here.",
  archived: "This run of the course has ended: nothing was handed in. Your text is kept here.",
  "no-attempts-left":
    "All attempts are spent: nothing was handed in. Your text is kept here, and the last attempt counts.",
  "cooling-down":
    "The pause after the last attempt is not over: hand it in again later. Your text is kept here.",
  "not-open-yet": "It is not open yet: hand it in again later. Your text is kept here.",
  "not-enrolled": "You are not enrolled in this course: your instructor can enrol you.",
  "too-large": `The text is larger than ${SOURCE_BYTES_MAX / 1024} KiB: go back, make it shorter, and hand it in again.`,
};

function problemOf(refused: string | undefined): string | undefined {
  return refused !== undefined && Object.hasOwn(PROBLEMS, refused) ? PROBLEMS[refused] : undefined;
}
