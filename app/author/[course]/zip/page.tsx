import type { Metadata } from "next";
import desk from "../../../class/class.module.css";
import { requireAuthor } from "../../access.ts";
import author from "../../author.module.css";
import { courseUrl } from "../../urls.ts";
import { UploadForm } from "./upload-form.tsx";

export const metadata: Metadata = { title: "The course as a ZIP file" };

/** The course as a file: taken away as it is published, and brought back as drafts. */
export default async function CourseZipPage({ params }: { params: Promise<{ course: string }> }) {
  const { course: slug } = await params;
  const { course } = await requireAuthor(slug, `/author/${slug}/zip`);
  const url = courseUrl(course.slug);
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>The course as a ZIP file</h1>
        <p>For an editor of your own, or for another site.</p>
        <p className={desk["end"]}>
          <a href={url}>All documents</a>
        </p>
      </div>
      <div className={author["sides"]}>
        <section className={author["part"]}>
          <h2>Take it away</h2>
          <p>All files as they are published, solutions and hidden tests among them.</p>
          <p>
            <a href={`${url}/zip/course.zip`} download>
              Download the course
            </a>
          </p>
        </section>
        <section className={author["part"]}>
          <h2>Bring it back</h2>
          <p>Nothing is published: each document that differs becomes a draft of yours.</p>
          <UploadForm course={course.slug} />
        </section>
      </div>
    </main>
  );
}
