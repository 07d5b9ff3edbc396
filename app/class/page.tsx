import type { Metadata } from "next";
import { forbidden, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { taughtRuns } from "#server/policies";
import { classRuns } from "#server/queries";
import css from "./class.module.css";
import { gradebookUrl } from "./urls.ts";

export const metadata: Metadata = { title: "Classes" };

/** The runs that the viewer teaches; the only one is shown at once. */
export default async function ClassesPage() {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect("/signin?from=/class");
  const taught = taughtRuns(viewer);
  if (!viewer.isAdmin && taught.length === 0) forbidden();
  const runs = await classRuns(db(), viewer.isAdmin ? undefined : taught);
  const [only] = runs;
  if (only !== undefined && runs.length === 1) redirect(gradebookUrl(only.slug));
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
            {runs.map(({ id, slug, title, courseTitle, students }) => (
              <tr key={id}>
                <td>
                  <a href={gradebookUrl(slug)}>{title}</a>
                </td>
                <td>{courseTitle}</td>
                <td className={css["right"]}>{students}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </main>
  );
}
