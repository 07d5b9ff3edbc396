import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { counted } from "#notebook/document";
import { db } from "#server/db";
import { exerciseAnalysis, exercisesOfRun, failingGroups } from "#server/queries";
import { requireStaff } from "../../../access.ts";
import desk from "../../../class.module.css";
import { attemptsUrl } from "../../../urls.ts";
import css from "../progress.module.css";
import { StoppingTests } from "./stopping-tests.tsx";

export const metadata: Metadata = { title: "Attempts that fail alike" };

interface FailingPageProps {
  params: Promise<{ run: string; exercise: string }>;
}

/** The last attempts of those who have not made it, in groups that fail the same tests. */
export default async function FailingPage({ params }: FailingPageProps) {
  const { run: slug, exercise: exerciseSlug } = await params;
  const { run } = await requireStaff(slug, `/class/${slug}/progress/${exerciseSlug}`);
  const exercises = await exercisesOfRun(db(), run.id);
  const exercise = exercises.find((one) => one.slug === exerciseSlug);
  if (exercise === undefined) notFound();
  const [groups, { tests }] = await Promise.all([
    failingGroups(db(), exercise.id),
    exerciseAnalysis(db(), exercise.id),
  ]);
  const titles = new Map(tests.map(({ id, title }) => [id, title]));
  const students = groups.reduce((sum, group) => sum + group.students, 0);
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>
          {exercise.number} {exercise.title}
        </h1>
        <p>
          {students === 0
            ? "Nobody's last attempt is short of full points."
            : `${counted(students, "last attempt")} short of full points, in ${counted(groups.length, "way")}`}
        </p>
      </div>
      <StoppingTests tests={tests} />
      {groups.length > 0 && (
        <section aria-labelledby="alike" className={css["part"]}>
          <h2 id="alike">Last attempts that fail alike</h2>
          <div className={css["scroll"]}>
            <table className={`${desk["data"]} ${css["ways"]}`}>
              <thead>
                <tr>
                  <th scope="col" className={desk["right"]}>
                    students
                  </th>
                  <th scope="col">fail</th>
                  <th scope="col">the first of them says</th>
                  <th scope="col">one example</th>
                </tr>
              </thead>
              <tbody>
                {groups.map(({ status, failed, feedback, students: count, example }) => (
                  <tr key={`${status} ${failed.join(" ")} ${feedback ?? ""}`}>
                    <td className={desk["right"]}>{count}</td>
                    <td>
                      {status === "graded"
                        ? failed.map((id) => titles.get(id) ?? id).join("; ")
                        : status}
                    </td>
                    <td>{feedback ?? "–"}</td>
                    <td>
                      <a href={attemptsUrl(slug, exerciseSlug, example.userId, example.attempt)}>
                        {example.name}, attempt {example.attempt}
                      </a>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
      <p className={css["said"]}>
        <a href={`/class/${slug}/progress`}>All exercises</a>
      </p>
    </main>
  );
}
