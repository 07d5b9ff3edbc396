import type { Metadata } from "next";
import { type AuthoredDocument, authoredDocuments } from "#server/authoring";
import { db } from "#server/db";
import css from "../../class/class.module.css";
import { single } from "../../class/urls.ts";
import controls from "../../controls.module.css";
import { requireAuthor } from "../access.ts";
import author from "../author.module.css";
import { courseUrl } from "../urls.ts";
import { publishDocuments } from "./actions.ts";
import { DocumentRows } from "./document-rows.tsx";

export const metadata: Metadata = { title: "Authoring" };

interface ListProps {
  params: Promise<{ course: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

const FILTERS = [
  { show: "", text: "All", isShown: () => true },
  { show: "changed", text: "Not published", isShown: (one: AuthoredDocument) => one.isAhead },
  {
    show: "drafts",
    text: "My drafts",
    isShown: (one: AuthoredDocument) => one.draftAt !== undefined,
  },
] as const;

/** All documents of a course with their state; those that are ahead are published from here. */
export default async function AuthorListPage({ params, searchParams }: ListProps) {
  const { course: slug } = await params;
  const { viewer, course } = await requireAuthor(slug, `/author/${slug}`);
  const query = await searchParams;
  const show = single(query["show"]);
  const filter = FILTERS.find((one) => one.show === show) ?? FILTERS[0];
  const documents = await authoredDocuments(db(), course.id, viewer.userId);
  const shown = documents.filter(filter.isShown);
  const ahead = documents.filter(({ isAhead }) => isAhead);
  const count = (kind: string) => documents.filter((one) => one.kind === kind).length;
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>{course.title}</h1>
        <p>
          {count("lecture")} lectures, {count("exercise")} exercises · {ahead.length} with a version
          that is not published
        </p>
        <p className={css["end"]}>
          <a href={`${courseUrl(course.slug)}/new`}>New lecture or exercise</a>
          {" · "}
          <a href={`${courseUrl(course.slug)}/zip`}>As a ZIP file</a>
        </p>
      </div>
      {query["newer"] !== undefined && (
        <p className={author["notice"]} role="alert">
          Nothing was published, because somebody has stored a newer version since you opened the
          page: look at what has changed in it, and publish once more.
        </p>
      )}
      <nav className={author["filters"]} aria-label="What is listed">
        {FILTERS.map((one) => (
          <a
            key={one.show}
            href={courseUrl(course.slug, one.show)}
            aria-current={one === filter ? "page" : undefined}
          >
            {one.text} {documents.filter(one.isShown).length}
          </a>
        ))}
      </nav>
      <form action={publishDocuments}>
        <input type="hidden" name="course" value={course.slug} />
        {shown.length === 0 ? (
          <p className={css["empty"]}>Nothing of the course is like that.</p>
        ) : (
          <DocumentRows course={course.slug} documents={shown} />
        )}
        {shown.some(({ isAhead }) => isAhead) && (
          <div className={author["foot"]}>
            <button type="submit" className={`${controls["button"]} ${controls["first"]}`}>
              Check and publish what is ticked
            </button>
            <span className={controls["say"]}>
              What belongs together passes the gate together: a lecture with its new exercises.
            </span>
          </div>
        )}
      </form>
    </main>
  );
}
