import type { Metadata } from "next";
import { counted } from "#notebook/document";
import { readLectures } from "#server/course";
import { db } from "#server/db";
import {
  classAttention,
  classCellErrors,
  classReading,
  exerciseProgress,
  VAIN_ATTEMPTS,
} from "#server/queries";
import { LocalTime } from "../../../local-time.tsx";
import { requireStaff } from "../../access.ts";
import desk from "../../class.module.css";
import { attemptsUrl } from "../../urls.ts";
import { ExerciseCharts } from "./exercise-charts.tsx";
import { LectureChart } from "./lecture-chart.tsx";
import { LectureTable } from "./lecture-table.tsx";
import css from "./progress.module.css";
import { ProgressTable } from "./progress-table.tsx";

export const metadata: Metadata = { title: "Progress of the class" };

interface ProgressPageProps {
  params: Promise<{ run: string }>;
}

export default async function ProgressPage({ params }: ProgressPageProps) {
  const { run: slug } = await params;
  const { run } = await requireStaff(slug, `/class/${slug}/progress`);
  const [exercises, attention, lectures, stops, errors] = await Promise.all([
    exerciseProgress(db(), run.id),
    classAttention(db(), run.id, new Date()),
    readLectures(),
    classReading(db(), run.id),
    classCellErrors(db(), { runId: run.id }),
  ]);
  const { silent, silentCount, stuck, stuckCount } = attention;
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Progress</h1>
        <p>
          {run.title} · {counted(run.students, "student")}
        </p>
      </div>
      {run.students === 0 || exercises.length === 0 ? (
        <p className={desk["empty"]}>
          {run.students === 0
            ? "No student is enrolled in this run yet."
            : "The course has no exercises yet."}
        </p>
      ) : (
        <>
          <ExerciseCharts exercises={exercises} students={run.students} />
          <ProgressTable run={slug} exercises={exercises} students={run.students} />
        </>
      )}
      {run.students > 0 && lectures.length > 0 && (
        <section aria-labelledby="lectures" className={css["part"]}>
          <h2 id="lectures">Lectures</h2>
          <LectureChart lectures={lectures} students={run.students} stops={stops} />
          <LectureTable
            run={slug}
            lectures={lectures}
            students={run.students}
            stops={stops}
            errors={errors}
          />
        </section>
      )}
      <div className={css["columns"]}>
        <section aria-labelledby="stuck">
          <h2 id="stuck">Stuck: {stuckCount}</h2>
          <p>
            {VAIN_ATTEMPTS} or more attempts without another point, and the last within two weeks.
          </p>
          {stuck.length > 0 && (
            <table className={desk["data"]}>
              <thead>
                <tr>
                  <th scope="col">student</th>
                  <th scope="col">exercise</th>
                  <th scope="col" className={desk["right"]}>
                    in vain
                  </th>
                  <th scope="col" className={desk["right"]}>
                    points
                  </th>
                  <th scope="col">last</th>
                </tr>
              </thead>
              <tbody>
                {stuck.map((one) => (
                  <tr key={`${one.userId} ${one.exerciseSlug}`}>
                    <td>
                      <a href={attemptsUrl(slug, one.exerciseSlug, one.userId)}>{one.name}</a>
                    </td>
                    <td>{one.exerciseNumber}</td>
                    <td className={desk["right"]}>{one.vainAttempts}</td>
                    <td className={desk["right"]}>
                      {one.best} of {one.points}
                    </td>
                    <td>
                      <LocalTime at={one.lastAt.toISOString()} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Rest shown={stuck.length} all={stuckCount} />
        </section>
        <section aria-labelledby="silent">
          <h2 id="silent">Silent: {silentCount}</h2>
          <p>Enrolled for more than two weeks, and nothing handed in for as long.</p>
          {silent.length > 0 && (
            <table className={desk["data"]}>
              <thead>
                <tr>
                  <th scope="col">student</th>
                  <th scope="col">last handed in</th>
                </tr>
              </thead>
              <tbody>
                {silent.map(({ userId, name, username, lastAt }) => (
                  <tr key={userId}>
                    <td>
                      {name} <span className={css["quiet"]}>{username}</span>
                    </td>
                    <td>
                      {lastAt === undefined ? "never" : <LocalTime at={lastAt.toISOString()} />}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Rest shown={silent.length} all={silentCount} />
        </section>
      </div>
    </main>
  );
}

function Rest({ shown, all }: { shown: number; all: number }) {
  return shown < all ? <p>… and {all - shown} more.</p> : null;
}
