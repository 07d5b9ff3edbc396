import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { documentIn, filesAt, versionsOf } from "#server/authoring";
import { db } from "#server/db";
import desk from "../../../../class/class.module.css";
import { single } from "../../../../class/urls.ts";
import controls from "../../../../controls.module.css";
import { requireAuthor } from "../../../access.ts";
import author from "../../../author.module.css";
import { documentUrl } from "../../../urls.ts";
import { bringVersionBack } from "../../actions.ts";
import { Comparison } from "./comparison.tsx";
import { VersionRows } from "./version-rows.tsx";

export const metadata: Metadata = { title: "Versions" };

interface VersionsProps {
  params: Promise<{ course: string; document: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** All versions of a document; any two are compared, and any is brought back as a draft. */
export default async function VersionsPage({ params, searchParams }: VersionsProps) {
  const { course: slug, document: id } = await params;
  const { course } = await requireAuthor(slug, `/author/${slug}/${id}/versions`);
  const document = await documentIn(db(), course.id, id);
  if (document === undefined) notFound();
  const versions = await versionsOf(db(), document.id);
  const query = await searchParams;
  const numberOf = (value: string | string[] | undefined, otherwise: number) =>
    versions.find(({ number }) => number === Number(single(value)))?.number ?? otherwise;
  const to = numberOf(query["to"], document.head);
  const from = numberOf(query["from"], Math.max(1, to - 1));
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Versions</h1>
        <p>{document.path || "Files of the whole course"}</p>
        <p className={desk["end"]}>
          <a href={documentUrl(course.slug, document.id)}>Editor</a>
        </p>
      </div>
      {query["kept"] !== undefined && (
        <p className={author["notice"]} role="alert">
          Nothing was brought back, because you have a draft, which would be lost: save a version of
          it or give it up first, in the editor.
        </p>
      )}
      <form>
        <VersionRows versions={versions} from={from} to={to} />
        <div className={author["foot"]}>
          <button type="submit" className={controls["button"]}>
            Compare
          </button>
        </div>
      </form>
      <form action={bringVersionBack} className={author["foot"]}>
        <input type="hidden" name="course" value={course.slug} />
        <input type="hidden" name="document" value={document.id} />
        <label>
          Bring back version{" "}
          <select name="number" defaultValue={from} className={author["choice"]}>
            {versions.map(({ number }) => (
              <option key={number}>{number}</option>
            ))}
          </select>
        </label>
        <button type="submit" className={controls["button"]}>
          As my draft
        </button>
      </form>
      <Comparison
        from={{ number: from, files: await filesAt(db(), document.id, from) }}
        to={{ number: to, files: await filesAt(db(), document.id, to) }}
        url={`${documentUrl(course.slug, document.id)}/versions`}
      />
    </main>
  );
}
