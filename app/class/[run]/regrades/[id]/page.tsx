import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { db } from "#server/db";
import { type RegradeChange, regradeById, regradeChanges, regradeCounts } from "#server/queries";
import { LocalTime } from "../../../../local-time.tsx";
import { requireStaff } from "../../../access.ts";
import css from "../../../class.module.css";
import { attemptsUrl, gradebookUrl, regradeUrl } from "../../../urls.ts";
import { LatestRegrade } from "../../latest-regrade.tsx";
import { Repeat } from "./repeat.tsx";
import { Trial } from "./trial.tsx";

export const metadata: Metadata = { title: "Graded again" };

const CHANGES_MAX = 500;

interface RegradePageProps {
  params: Promise<{ run: string; id: string }>;
}

/** What a regrade has changed, submission by submission. */
export default async function RegradePage({ params }: RegradePageProps) {
  const { run: slug, id } = await params;
  const { run, mayRegrade } = await requireStaff(slug, regradeUrl(slug, id));
  const regrade = (await regradeById(db(), { runId: run.id, id })) ?? notFound();
  const changes = await regradeChanges(db(), id, CHANGES_MAX);
  const counts = await regradeCounts(db(), id);
  const isTrial = !regrade.isRepeat;
  const { exercise, askedBy, askedAt, total, done, cancelled, changed } = regrade;
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>
          {isTrial ? "Tried with a new version" : "Graded again"}
          {exercise === undefined ? "" : `: ${exercise}`}
        </h1>
        <p>
          {done} of {total} done, {changed} {regrade.state === "dry" ? "would change" : "changed"}
          {cancelled > 0 && `, ${cancelled} taken back`} · asked
          {askedBy !== undefined && ` by ${askedBy}`} <LocalTime at={askedAt.toISOString()} /> ·{" "}
          <a href={gradebookUrl(slug)}>{run.title}, gradebook</a>
        </p>
      </div>
      {isTrial ? (
        <Trial run={slug} regrade={regrade} counts={counts} mayRegrade={mayRegrade} />
      ) : (
        <Repeat run={slug} regrade={regrade} mayRegrade={mayRegrade} />
      )}
      {changes.length === 0 ? (
        <p className={css["empty"]}>
          {isTrial ? "No grade is another one with it." : "No grade has changed."}
        </p>
      ) : (
        <table className={css["data"]}>
          <thead>
            <tr>
              <th scope="col">Student</th>
              <th scope="col">Exercise</th>
              <th scope="col">Attempt</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <ChangeRow key={keyOf(change)} run={slug} change={change} />
            ))}
          </tbody>
        </table>
      )}
      {changed > changes.length && (
        <p className={css["empty"]}>The first {changes.length} are shown.</p>
      )}
      <LatestRegrade run={run} mayRegrade={mayRegrade} />
    </main>
  );
}

function ChangeRow({ run, change }: { run: string; change: RegradeChange }) {
  const { student, exercise, attempt, before, after } = change;
  return (
    <tr>
      <td>{student.name}</td>
      <td>{exercise.number}</td>
      <td>
        <a href={attemptsUrl(run, exercise.slug, student.id, attempt)}>Attempt {attempt}</a>
      </td>
      <td>{gradeText(before)}</td>
      <td>{gradeText(after)}</td>
    </tr>
  );
}

function gradeText(grade: RegradeChange["after"]): string {
  if (grade === undefined) return "no grade";
  return grade.status === "graded" ? `${grade.score}` : `${grade.score}, ${grade.status}`;
}

function keyOf({ student, exercise, attempt }: RegradeChange): string {
  return `${student.id} ${exercise.slug} ${attempt}`;
}
