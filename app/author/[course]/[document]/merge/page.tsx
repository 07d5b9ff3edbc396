import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { documentIn, mergeOf } from "#server/authoring";
import { db } from "#server/db";
import desk from "../../../../class/class.module.css";
import controls from "../../../../controls.module.css";
import { requireAuthor } from "../../../access.ts";
import author from "../../../author.module.css";
import { documentUrl, versionsUrl } from "../../../urls.ts";
import { mergeMyDraft } from "../../actions.ts";
import { MergedFileView } from "./merged-file-view.tsx";

export const metadata: Metadata = { title: "Bring both together" };

interface MergeProps {
  params: Promise<{ course: string; document: string }>;
}

/** Somebody has stored a version since the draft was begun: what each has changed, to be brought together. */
export default async function MergePage({ params }: MergeProps) {
  const { course: slug, document: id } = await params;
  const { viewer, course } = await requireAuthor(slug, `/author/${slug}/${id}/merge`);
  const document = await documentIn(db(), course.id, id);
  if (document === undefined) notFound();
  const merge = await mergeOf(db(), { documentId: id, userId: viewer.userId });
  if (merge === undefined) redirect(documentUrl(course.slug, id));
  const { base, head, revision, files } = merge;
  const open = files.filter(({ kind }) => kind !== "decided");
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Bring both together</h1>
        <p>
          Your draft began with version {base}; the newest is version {head}.
        </p>
        <p className={desk["end"]}>
          <a href={documentUrl(course.slug, id)}>Editor</a> ·{" "}
          <a href={`${versionsUrl(course.slug, id)}?from=${base}&to=${head}`}>
            What version {head} has changed
          </a>
        </p>
      </div>
      <form action={mergeMyDraft} className={author["part"]}>
        <input type="hidden" name="course" value={course.slug} />
        <input type="hidden" name="document" value={id} />
        <input type="hidden" name="revision" value={revision} />
        <input type="hidden" name="head" value={head} />
        <p>
          {open.length === 0
            ? "Both have changed different lines: everything goes together by itself."
            : "Where both have changed the same lines, choose. The rest goes together by itself, and the whole stays a draft that you can go on with."}
        </p>
        {files.map((file) => (
          <MergedFileView key={file.path} file={file} head={head} />
        ))}
        <div className={author["foot"]}>
          <button type="submit" className={`${controls["button"]} ${controls["first"]}`}>
            Make this my draft
          </button>
        </div>
      </form>
    </main>
  );
}
