import type { Metadata } from "next";
import { readLectures } from "#server/course";
import { db } from "#server/db";
import {
  classActivity,
  exerciseAnalysis,
  type GradebookRow,
  gradebookOf,
  parseFilter,
  parseOrder,
  printFilter,
  printOrder,
} from "#server/queries";
import controls from "../../controls.module.css";
import { requireStaff } from "../access.ts";
import css from "../class.module.css";
import { type GradebookAddress, gradebookUrl, rowsUrl, single } from "../urls.ts";
import { regradeInRun } from "./actions.ts";
import { ExercisePanel } from "./exercise-panel.tsx";
import { Filters } from "./filters.tsx";
import bookCss from "./gradebook.module.css";
import { gradebookColumns } from "./gradebook-columns.ts";
import { GradebookTable } from "./gradebook-table.tsx";
import type { ShownRow } from "./gradebook-wire.ts";
import { LatestRegrade } from "./latest-regrade.tsx";
import { NewVersions } from "./new-versions.tsx";

export const metadata: Metadata = { title: "Gradebook" };

/** So many students a page: what a browser lays out at once, with every exercise of a course. */
const STUDENTS_A_PAGE = 100;

interface GradebookPageProps {
  params: Promise<{ run: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function GradebookPage({ params, searchParams }: GradebookPageProps) {
  const [{ run: slug }, query] = [await params, await searchParams];
  const words = parseFilter(single(query["filter"]));
  const order = parseOrder(single(query["sort"]));
  const page = Math.max(1, Math.trunc(Number(single(query["page"])) || 1));
  const address: GradebookAddress = {
    filter: printFilter(words),
    sort: printOrder(order),
    page,
    exercise: single(query["exercise"]) || undefined,
  };
  const { run, mayRegrade } = await requireStaff(slug, gradebookUrl(slug, address));
  const [book, activity, lectures] = await Promise.all([
    gradebookOf(db(), {
      runId: run.id,
      words,
      order,
      limit: STUDENTS_A_PAGE,
      offset: (page - 1) * STUDENTS_A_PAGE,
    }),
    classActivity(db(), run.id),
    readLectures(),
  ]);
  const { rows, shown, means, meanPoints, pointsMax } = book;
  const exercise = book.exercises.find(({ number }) => number === address.exercise);
  const titles = new Map(
    lectures.map(({ frontMatter }) => [frontMatter.slug, frontMatter.title] as const),
  );
  return (
    <main className={css["desk"]} id="main">
      <div className={css["head"]}>
        <h1>Gradebook</h1>
        <p>
          {run.title} · {counted(run.students, "student")} ·{" "}
          {counted(activity.submissions, "submission")} · {waiting(activity)}
        </p>
        {mayRegrade && activity.submissions > 0 && (
          <form action={regradeInRun} className={css["end"]}>
            <input type="hidden" name="run" value={slug} />
            <button type="submit" className={controls["button"]}>
              Grade the whole run again
            </button>
          </form>
        )}
      </div>
      <NewVersions run={run} mayRegrade={mayRegrade} />
      <Filters run={slug} words={words} address={address} book={book} students={run.students} />
      <div className={exercise === undefined ? undefined : bookCss["withPanel"]}>
        <div>
          {book.exercises.length === 0 || rows.length === 0 ? (
            <EmptyBook students={run.students} hasExercises={book.exercises.length > 0} />
          ) : (
            <GradebookTable
              run={slug}
              book={{ rows: rows.map(shownRow), shown, means, meanPoints, pointsMax }}
              columns={gradebookColumns({ run: slug, book, address, order, titles })}
              students={run.students}
              first={(page - 1) * STUDENTS_A_PAGE}
              rowsUrl={rowsUrl(slug, address)}
              pages={<Pages run={slug} address={address} shown={shown} />}
            />
          )}
        </div>
        {exercise !== undefined && (
          <ExercisePanel
            run={slug}
            exercise={exercise}
            analysis={await exerciseAnalysis(db(), exercise.id)}
            closeUrl={gradebookUrl(slug, { ...address, exercise: undefined })}
            mayRegrade={mayRegrade}
          />
        )}
      </div>
      <LatestRegrade run={run} mayRegrade={mayRegrade} />
    </main>
  );
}

/** Addresses of people have no place in the table. */
function shownRow({ email: _, ...row }: GradebookRow): ShownRow {
  return row;
}

function counted(count: number, noun: string): string {
  return `${spaced(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** With a thin space at each thousand. */
function spaced(count: number): string {
  return count.toLocaleString("en").replaceAll(",", "\u2009");
}

function waiting({ queued, oldestAt }: { queued: number; oldestAt: Date | undefined }): string {
  if (queued === 0 || oldestAt === undefined) return "none queued";
  const seconds = Math.max(0, Math.round((Date.now() - oldestAt.getTime()) / 1000));
  const age = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${spaced(queued)} queued, the oldest ${age}`;
}

function EmptyBook({ students, hasExercises }: { students: number; hasExercises: boolean }) {
  const says =
    students === 0
      ? "No student is enrolled in this run yet."
      : hasExercises
        ? "No student is as the filter says. Take a word away."
        : "No exercise is as the filter says. Take a word away.";
  return <p className={css["empty"]}>{says}</p>;
}

interface PagesProps {
  run: string;
  address: GradebookAddress;
  shown: number;
}

function Pages({ run, address, shown }: PagesProps) {
  const last = Math.ceil(shown / STUDENTS_A_PAGE);
  const { page = 1 } = address;
  if (last <= 1 && page === 1) return null;
  return (
    <nav className={bookCss["pages"]} aria-label="Pages of students">
      {page > 1 && (
        <a rel="prev" href={gradebookUrl(run, { ...address, page: Math.min(page - 1, last) })}>
          Previous {STUDENTS_A_PAGE}
        </a>
      )}
      <span>
        Page {page} of {Math.max(1, last)}
      </span>
      {page < last && (
        <a rel="next" href={gradebookUrl(run, { ...address, page: page + 1 })}>
          Next {STUDENTS_A_PAGE}
        </a>
      )}
    </nav>
  );
}
