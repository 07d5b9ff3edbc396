import type { Metadata } from "next";
import { forbidden, redirect } from "next/navigation";
import { currentViewer } from "#server/auth";
import { authoredCourses } from "#server/authoring";
import { db } from "#server/db";
import css from "../class/class.module.css";
import { courseUrl } from "./urls.ts";

export const metadata: Metadata = { title: "Authoring" };

/** The courses that the viewer may write in; the only one is shown at once. */
export default async function CoursesPage() {
  const viewer = await currentViewer();
  if (viewer === undefined) redirect("/signin?from=/author");
  if (!viewer.isAdmin && viewer.courses.length === 0) forbidden();
  const courses = await authoredCourses(db(), viewer.isAdmin ? undefined : viewer.courses);
  const [only] = courses;
  if (only !== undefined && courses.length === 1) redirect(courseUrl(only.slug));
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>Authoring</h1>
      </div>
      {courses.length === 0 ? (
        <p className={css["empty"]}>There is no course yet.</p>
      ) : (
        <table className={css["data"]}>
          <thead>
            <tr>
              <th scope="col">Course</th>
            </tr>
          </thead>
          <tbody>
            {courses.map(({ id, slug, title }) => (
              <tr key={id}>
                <td>
                  <a href={courseUrl(slug)}>{title}</a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </main>
  );
}
