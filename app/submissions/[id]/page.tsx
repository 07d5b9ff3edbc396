import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { SubmissionSheet } from "#notebook/components/exercise";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { maySeeGrade, maySeeSubmission } from "#server/policies";
import {
  type GradeLogEntry,
  gradeHistory,
  gradeInDetail,
  lineComments,
  submissionView,
  untitledResult,
  untitledTests,
} from "#server/queries";
import page from "../../lectures/[slug]/lecture.module.css";
import { exerciseNumber } from "../../lectures/title.ts";
import { keepsTitlesFrom } from "./keeps-titles.ts";
import { SaidOfSubmission } from "./said.tsx";

export const metadata: Metadata = { title: "Submission" };

/** A report's first grade changes nothing. */
function isChange({ kind, before }: GradeLogEntry): boolean {
  return kind !== "assessed" || before !== null;
}

interface PageParams {
  params: Promise<{ id: string }>;
}

/** A submission for good: code, result and receipt, for its student and who teaches them. */
export default async function SubmissionPage({ params }: PageParams) {
  const { id } = await params;
  const viewer = await currentViewer();
  if (viewer === undefined) redirect(`/signin?from=${encodeURIComponent(`/submissions/${id}`)}`);
  const view = await submissionView(db(), id);
  // Who may not see it does not learn whether it exists.
  if (view === undefined || maySeeSubmission(viewer, view).kind === "denied") notFound();
  const { exercise, receipt, source } = view;
  const isUntitled = await keepsTitlesFrom(viewer, id);
  const tests = isUntitled ? untitledTests(view.tests) : view.tests;
  const result = isUntitled && view.result ? untitledResult(view.result, view.tests) : view.result;
  const isWithheld =
    maySeeGrade(viewer, { runId: view.runId, isHeld: exercise.isHeld }).kind === "denied";
  const at = { exerciseId: exercise.id, userId: view.userId };
  return (
    <main id="main" className={page["text"]}>
      <SubmissionSheet
        number={exerciseNumber(exercise.number)}
        title={exercise.title}
        kind={exercise.kind}
        student={view.userId === viewer.userId ? undefined : view.student}
        exerciseHref={`/exercises/${exercise.slug}`}
        receipt={receipt}
        source={source}
        tests={tests}
        result={isWithheld ? undefined : result}
        isHeld={result === undefined ? exercise.kind === "report" : isWithheld}
      />
      {!isWithheld && (
        <SaidOfSubmission
          grade={await gradeInDetail(db(), at)}
          points={exercise.points}
          history={(await gradeHistory(db(), at)).filter(isChange)}
          comments={await lineComments(db(), id)}
          source={source}
        />
      )}
    </main>
  );
}
