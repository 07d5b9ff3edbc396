import type { Metadata } from "next";
import { readLectures } from "#server/course";
import { db } from "#server/db";
import { maySetDates } from "#server/policies";
import { scheduleTable } from "#server/queries";
import { requireStaff } from "../../access.ts";
import desk from "../../class.module.css";
import { type DateRow, dateRows } from "./date-rows.ts";
import { DatesForm } from "./dates-form.tsx";
import { DatesTable } from "./dates-table.tsx";

export const metadata: Metadata = { title: "Dates" };

interface DatesPageProps {
  params: Promise<{ run: string }>;
}

/** When everything of a run opens, is due and closes: one table, changed in its place. */
export default async function DatesPage({ params }: DatesPageProps) {
  const { run: slug } = await params;
  const { run, viewer } = await requireStaff(slug, `/class/${slug}/dates`);
  const [table, lectures] = await Promise.all([scheduleTable(db(), run.id), readLectures()]);
  const titles = new Map(
    lectures.map(({ frontMatter }) => [frontMatter.slug, frontMatter.title] as const),
  );
  const rows = dateRows(table, titles);
  const mayChange = maySetDates(viewer, run.id).kind === "allowed";
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Dates</h1>
        <p>
          {run.title} · times are those of {table.timeZone.replaceAll("_", " ")}; students see their
          own beside them
        </p>
        <p>
          What stands at a lecture holds for its exercises. The lecture itself is open to all,
          whatever its dates.
        </p>
      </div>
      <DatesTable
        run={slug}
        rows={rows}
        sections={table.sections}
        timeZone={table.timeZone}
        timeZones={["UTC", ...Intl.supportedValuesOf("timeZone")]}
        mayChange={mayChange}
      />
      {mayChange && (
        <noscript>
          <DatesForm run={slug} rows={formRows(rows)} sections={table.sections} />
        </noscript>
      )}
    </main>
  );
}

/** What a form may set dates of; who has dates of their own is chosen beside it. */
function formRows(rows: readonly DateRow[]) {
  return rows
    .filter(({ kind }) => kind !== "section" && kind !== "student")
    .map(({ label, target }) => ({ label, value: placeName(target) }));
}

function placeName({ lectureSlug, exerciseId }: DateRow["target"]): string {
  if (exerciseId !== undefined) return `exercise:${exerciseId}`;
  return lectureSlug === undefined ? "" : `lecture:${lectureSlug}`;
}
