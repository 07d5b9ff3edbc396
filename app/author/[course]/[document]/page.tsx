import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { editedDocument, latestCheckOf } from "#server/authoring";
import { db } from "#server/db";
import desk from "../../../class/class.module.css";
import { single } from "../../../class/urls.ts";
import { requireAuthor } from "../../access.ts";
import { courseUrl, documentUrl, versionsUrl } from "../../urls.ts";
import { saveDraftFiles, saveVersion } from "../actions.ts";
import { judgeMyFiles, runMyCells } from "../try-actions.ts";
import { EditorDesk } from "./editor-desk.tsx";
import { GatePane } from "./gate-pane.tsx";

export const metadata: Metadata = { title: "Editor" };

interface EditorProps {
  params: Promise<{ course: string; document: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** One document, open for writing: its files, its draft, and how far it is from being published. */
export default async function EditorPage({ params, searchParams }: EditorProps) {
  const { course: slug, document: id } = await params;
  const { viewer, course } = await requireAuthor(slug, `/author/${slug}/${id}`);
  const key = { courseId: course.id, documentId: id, userId: viewer.userId };
  const document = await editedDocument(db(), key);
  if (document === undefined) notFound();
  const check = await latestCheckOf(db(), course.id, document.id);
  const query = await searchParams;
  const { number, title, path, head, published } = document;
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>{[number, title || path || "Files of the whole course"].filter(Boolean).join(" ")}</h1>
        <p>
          version {head}
          {published === undefined
            ? ", not published"
            : published === head
              ? ", published"
              : `, version ${published} is published`}
        </p>
        <p className={desk["end"]}>
          <a href={courseUrl(course.slug)}>All documents</a> ·{" "}
          <a href={versionsUrl(course.slug, id)}>Versions</a>
        </p>
      </div>
      <EditorDesk
        // A new version begins a new draft.
        key={`${document.base} ${document.head}`}
        course={course.slug}
        document={document}
        userId={viewer.userId}
        url={documentUrl(course.slug, id)}
        file={single(query["file"])}
        line={Number(single(query["line"])) || undefined}
        save={saveDraftFiles}
        saveVersion={saveVersion}
        runCells={runMyCells}
        judge={judgeMyFiles}
        gate={<GatePane course={course.slug} document={document} check={check} />}
      />
    </main>
  );
}
