import type { Metadata } from "next";
import { authoredDocuments } from "#server/authoring";
import { db } from "#server/db";
import desk from "../../../class/class.module.css";
import { requireAuthor } from "../../access.ts";
import author from "../../author.module.css";
import { courseUrl } from "../../urls.ts";
import { NewExerciseForm } from "./new-exercise-form.tsx";
import { NewLectureForm } from "./new-lecture-form.tsx";

export const metadata: Metadata = { title: "New lecture or exercise" };

/** Begins a lecture or an exercise from a template. */
export default async function NewDocumentPage({ params }: { params: Promise<{ course: string }> }) {
  const { course: slug } = await params;
  const { viewer, course } = await requireAuthor(slug, `/author/${slug}/new`);
  const documents = await authoredDocuments(db(), course.id, viewer.userId);
  const lectures = documents
    .filter(({ kind }) => kind === "lecture")
    .map(({ path, number, title }) => ({ path, name: `${number} ${title}` }));
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>New</h1>
        <p>A template that passes the gate as it is; nobody sees it before you publish it.</p>
        <p className={desk["end"]}>
          <a href={courseUrl(course.slug)}>All documents</a>
        </p>
      </div>
      <div className={author["sides"]}>
        <section className={author["part"]}>
          <h2>A lecture</h2>
          <NewLectureForm course={course.slug} />
        </section>
        <section className={author["part"]}>
          <h2>An exercise</h2>
          {lectures.length === 0 ? (
            <p>An exercise belongs to a lecture: begin one first.</p>
          ) : (
            <NewExerciseForm course={course.slug} lectures={lectures} />
          )}
        </section>
      </div>
    </main>
  );
}
