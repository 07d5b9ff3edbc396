import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { CodeText } from "#notebook/components";
import { ReportText } from "#notebook/components/exercise";
import { counted, countedScore, type ExerciseTest } from "#notebook/document";
import { db } from "#server/db";
import { assessmentDigest } from "#server/grading";
import {
  type ClassAttempt,
  type ClassResult,
  gradeHistory,
  gradeInDetail,
  type LineComment,
  lineComments,
  nextToGrade,
  type StudentAtExercise,
  studentAtExercise,
  submittedSource,
} from "#server/queries";
import controls from "../../../../../controls.module.css";
import { LocalTime } from "../../../../../local-time.tsx";
import { requireStaff } from "../../../../access.ts";
import desk from "../../../../class.module.css";
import { printPoints } from "../../../../points.ts";
import { attemptsUrl, gradebookUrl, single } from "../../../../urls.ts";
import { regradeSubmission } from "../../../actions.ts";
import { LatestRegrade } from "../../../latest-regrade.tsx";
import { UnusedVersionNote } from "../../../unused-version.tsx";
import css from "./attempts.module.css";
import { GivenGradeView } from "./given-grade.tsx";
import { LineComments } from "./line-comments.tsx";
import { ReportForm } from "./report-form.tsx";
import { ResultView } from "./result-view.tsx";

export const metadata: Metadata = { title: "Attempts" };

interface AttemptsPageProps {
  params: Promise<{ run: string; slug: string; student: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** What one student has handed in for one exercise: every attempt, one of them with its code. */
export default async function AttemptsPage({ params, searchParams }: AttemptsPageProps) {
  const { run: runSlug, slug, student } = await params;
  const userId = decodeURIComponent(student);
  const path = attemptsUrl(runSlug, slug, userId);
  const { run, mayRegrade } = await requireStaff(runSlug, path);
  const key = { runId: run.id, exerciseSlug: slug, userId };
  const found = (await studentAtExercise(db(), key)) ?? notFound();
  const wanted = single((await searchParams)["attempt"]);
  const chosen = found.attempts.find(({ attempt }) => String(attempt) === wanted);
  const shown = chosen ?? found.attempts[0];
  const { exercise } = found;
  const at = { exerciseId: exercise.id, userId };
  const [grade, history] = await Promise.all([gradeInDetail(db(), at), gradeHistory(db(), at)]);
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>
          {found.student.name}: {exercise.number} {exercise.title}
        </h1>
        <p>
          {summary(found)} · <a href={gradebookUrl(runSlug)}>{run.title}, gradebook</a>
        </p>
      </div>
      <GivenGradeView
        run={runSlug}
        exercise={exercise}
        student={userId}
        grade={grade}
        history={history}
        mayGrade={mayRegrade}
      />
      {mayRegrade && <UnusedVersionNote run={runSlug} exercise={exercise.id} />}
      {shown === undefined ? (
        <p className={desk["empty"]}>Nothing has been handed in yet.</p>
      ) : (
        <div className={css["attempts"]}>
          <AttemptList run={runSlug} found={found} shown={shown} />
          <Attempt
            run={runSlug}
            attempt={shown}
            source={await submittedSource(db(), shown.id)}
            comments={await lineComments(db(), shown.id)}
            criteria={exercise.kind === "report" ? exercise.tests : undefined}
            seen={exercise.kind === "report" ? await assessmentDigest(db(), shown.id) : ""}
            mayRegrade={mayRegrade}
          />
        </div>
      )}
      {exercise.kind === "report" && (
        <NextReport run={runSlug} exercise={exercise} student={userId} />
      )}
      <LatestRegrade run={run} mayRegrade={mayRegrade} />
    </main>
  );
}

function summary({ exercise, attempts }: StudentAtExercise): string {
  const scores = attempts.flatMap(({ result, latePercent }) =>
    result === undefined ? [] : countedScore(result.score, latePercent),
  );
  const tries = counted(attempts.length, "attempt");
  if (scores.length === 0) return tries;
  return `best ${printPoints(Math.max(...scores))} of ${exercise.points}, ${tries}`;
}

/** What a report was graded with, as the form's fields. */
function fieldsOf({ tests, message }: ClassResult): Record<string, string> {
  const criteria = tests.flatMap(({ id, points, feedback = "" }) => [
    [`points:${id}`, String(points)],
    [`comment:${id}`, feedback],
  ]);
  return { ...Object.fromEntries(criteria), comment: message ?? "" };
}

interface NextReportProps {
  run: string;
  exercise: StudentAtExercise["exercise"];
  student: string;
}

/** The way to the report that has waited longest. */
async function NextReport({ run, exercise, student }: NextReportProps) {
  const next = await nextToGrade(db(), { exerciseId: exercise.id, besidesUserId: student });
  return (
    <p>
      {next === undefined ? (
        "No other report waits for a grade."
      ) : (
        <>
          {next.left} more to grade.{" "}
          <a href={attemptsUrl(run, exercise.slug, next.userId)}>Next: {next.name}</a>
        </>
      )}
    </p>
  );
}

interface AttemptListProps {
  run: string;
  found: StudentAtExercise;
  shown: ClassAttempt;
}

function AttemptList({ run, found, shown }: AttemptListProps) {
  const { student, exercise, attempts } = found;
  return (
    <nav aria-label="Attempts">
      <ul className={css["list"]}>
        {attempts.map((attempt) => (
          <li key={attempt.id}>
            <a
              className={css["link"]}
              href={attemptsUrl(run, exercise.slug, student.id, attempt.attempt)}
              aria-current={attempt === shown ? "page" : undefined}
            >
              <b>Attempt {attempt.attempt}</b>
              <span>{standing(attempt, exercise.kind)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function standing(attempt: ClassAttempt, kind: "code" | "report"): string {
  const { result, latePercent, isRegrading } = attempt;
  if (result === undefined) return kind === "report" ? "to be graded" : "in the queue";
  const { status, score: reached, max } = result;
  const late = latePercent === 0 ? "" : ` after \u2212${latePercent}\u2009% for being late`;
  const score = `${printPoints(countedScore(reached, latePercent))}`;
  const grade = status === "graded" ? `${score} of ${max}` : `${status}, ${score} of ${max}`;
  return `${grade}${late}${isRegrading ? ", being graded again" : ""}`;
}

interface AttemptProps {
  run: string;
  attempt: ClassAttempt;
  source: string;
  comments: readonly LineComment[];
  /** Of a report. */
  criteria: readonly ExerciseTest[] | undefined;
  /** The digest of what a report is graded with. */
  seen: string;
  mayRegrade: boolean;
}

function Attempt(props: AttemptProps) {
  const { run, attempt, source, comments, criteria, seen, mayRegrade } = props;
  const { id, result, earlier, isRegrading, latePercent } = attempt;
  const lines = criteria === undefined ? "Code" : "Lines";
  const failedAt = /^Line (\d+):/.exec(result?.message ?? "")?.[1];
  return (
    <article className={css["attempt"]} aria-labelledby="attempt-title">
      <div className={css["attemptHead"]}>
        <h2 id="attempt-title">Attempt {attempt.attempt}</h2>
        <p>{standing(attempt, criteria === undefined ? "code" : "report")}</p>
        {mayRegrade && criteria === undefined && result !== undefined && !isRegrading && (
          <form action={regradeSubmission} className={desk["end"]}>
            <input type="hidden" name="run" value={run} />
            <input type="hidden" name="submission" value={id} />
            <button type="submit" className={controls["button"]}>
              Grade again
            </button>
          </form>
        )}
      </div>
      <dl className={css["facts"]}>
        <dt>received</dt>
        <dd>
          <LocalTime at={attempt.receivedAt.toISOString()} />
        </dd>
        {latePercent > 0 && (
          <>
            <dt>late</dt>
            <dd>
              {latePercent}&#8239;% of its points are lost
              {result !== undefined &&
                `: ${printPoints(countedScore(result.score, latePercent))} of ${result.score} count`}
            </dd>
          </>
        )}
        <dt>submission</dt>
        <dd>
          <code>{id}</code>
        </dd>
        <dt>SHA-256</dt>
        <dd>
          <code>{attempt.sourceHash}</code>
        </dd>
        {!attempt.spends && (
          <>
            <dt>attempts</dt>
            <dd>it spent none</dd>
          </>
        )}
      </dl>
      {result === undefined ? (
        <p className={desk["empty"]}>
          {criteria === undefined ? "It waits for its first grading." : "Nobody has graded it yet."}
        </p>
      ) : (
        <ResultView result={result} />
      )}
      {criteria !== undefined && <ReportText text={source} below={2} />}
      {criteria !== undefined && mayRegrade && (
        <ReportForm
          key={id}
          run={run}
          submission={id}
          criteria={criteria}
          graded={{ ...(result && fieldsOf(result)), seen }}
        />
      )}
      <h3>{criteria === undefined ? "Code" : "Text, line by line"}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section className={css["code"]} aria-label={lines} tabIndex={0}>
        <CodeText
          source={source}
          hasNumbers={true}
          badLine={failedAt === undefined ? undefined : Number(failedAt)}
        />
      </section>
      <LineComments
        key={`${id} ${comments.length}`}
        run={run}
        submission={id}
        lines={source.split("\n").length}
        comments={comments}
        mayComment={mayRegrade}
      />
      {earlier.map((result) => (
        <details key={result.version} className={css["earlier"]}>
          <summary>
            {result.score} of {result.max} with another version of the exercise
          </summary>
          <ResultView result={result} />
        </details>
      ))}
    </article>
  );
}
