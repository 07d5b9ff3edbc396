import type { Metadata } from "next";
import { forbidden, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { runnableCourses } from "#server/class";
import { db } from "#server/db";
import { taughtRuns } from "#server/policies";
import { classRuns } from "#server/queries";
import adminCss from "../admin/admin.module.css";
import css from "./class.module.css";
import { NewRunForm } from "./new-run-form.tsx";
import { gradebookUrl } from "./urls.ts";

export const metadata: Metadata = { title: "Classes" };

interface ClassesPageProps {
  searchParams: Promise<{ all?: string | string[] }>;
}

/** The runs that the viewer teaches; the only one is shown at once, unless all are asked for. */
export default async function ClassesPage({ searchParams }: ClassesPageProps) {
  const isAsked = (await searchParams).all !== undefined;
  const viewer = await currentViewer();
  if (viewer === undefined) redirect("/signin?from=/class");
  const taught = taughtRuns(viewer);
  if (!viewer.isAdmin && taught.length === 0) forbidden();
  const runs = await classRuns(db(), viewer.isAdmin ? undefined : taught);
  const [only] = runs;
  if (only !== undefined && runs.length === 1 && !isAsked) redirect(gradebookUrl(only.slug));
  const courses = await runnableCourses(db(), viewer);
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>Classes</h1>
      </div>
      {runs.length === 0 ? (
        <p className={css["empty"]}>No course has a run yet.</p>
      ) : (
        <table className={css["data"]}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Course</th>
              <th scope="col" className={css["right"]}>
                Students
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ id, slug, title, courseTitle, students, isArchived }) => (
              <tr key={id}>
                <td>
                  <a href={gradebookUrl(slug)}>{title}</a>
                  {isArchived && " · archived"}
                </td>
                <td>{courseTitle}</td>
                <td className={css["right"]}>{students}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {courses.length > 0 && (
        <div className={adminCss["new"]}>
          <section>
            <h2>New run</h2>
            <NewRunForm courses={courses} />
          </section>
        </div>
      )}
    </main>
  );
}
