import type { Metadata } from "next";
import { db } from "#server/db";
import { GRADE_EVENTS, type GradeEventKind } from "#server/grading";
import { type GradeLogEntry, gradeLog, gradeText } from "#server/queries";
import controls from "../../../controls.module.css";
import { eventText } from "../../../grade-history.tsx";
import { LocalTime } from "../../../local-time.tsx";
import { requireStaff } from "../../access.ts";
import desk from "../../class.module.css";
import { attemptsUrl, gradeLogUrl, single } from "../../urls.ts";
import css from "../grades.module.css";

export const metadata: Metadata = { title: "Log of grades" };

const EVENTS_A_PAGE = 100;

interface LogPageProps {
  params: Promise<{ run: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** Everything that has changed a grade of the run, the newest first. */
export default async function LogPage({ params, searchParams }: LogPageProps) {
  const [{ run: slug }, query] = [await params, await searchParams];
  const kind = GRADE_EVENTS.find((known) => known === single(query["kind"]));
  const [student, exercise] = [single(query["student"]), single(query["exercise"])];
  const page = Math.max(1, Math.trunc(Number(single(query["page"])) || 1));
  const address = { kind, student, exercise, page };
  const { run } = await requireStaff(slug, gradeLogUrl(slug, address));
  const kinds = kind && [kind];
  const view = { runId: run.id, kinds, student, exercise };
  const offset = (page - 1) * EVENTS_A_PAGE;
  const found = await gradeLog(db(), { ...view, limit: EVENTS_A_PAGE + 1, offset });
  const entries = found.slice(0, EVENTS_A_PAGE);
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>Log of grades</h1>
        <p>{run.title}</p>
      </div>
      <LogFilters run={slug} kind={kind} student={student} exercise={exercise} />
      {entries.length === 0 ? (
        <p className={desk["empty"]}>
          {page > 1 || kind || student || exercise
            ? "Nothing is as the filter says."
            : "No grade has been given yet."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section className={css["scroller"]} aria-label="Events" tabIndex={0}>
          <table className={desk["data"]}>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">Student</th>
                <th scope="col">Exercise</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
                <th scope="col">Who</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <EventRow key={entry.id} run={slug} entry={entry} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      <nav className={css["row"]} aria-label="Pages of events">
        {page > 1 && (
          <a rel="prev" href={gradeLogUrl(slug, { ...address, page: page - 1 })}>
            Newer
          </a>
        )}
        {found.length > EVENTS_A_PAGE && (
          <a rel="next" href={gradeLogUrl(slug, { ...address, page: page + 1 })}>
            Older
          </a>
        )}
      </nav>
    </main>
  );
}

interface LogFiltersProps {
  run: string;
  kind: GradeEventKind | undefined;
  student: string;
  exercise: string;
}

function LogFilters({ run, kind, student, exercise }: LogFiltersProps) {
  return (
    <search>
      <form action={`/class/${run}/log`} className={css["row"]}>
        <label>
          What
          <select className={css["field"]} name="kind" defaultValue={kind ?? ""} key={kind}>
            <option value="">everything</option>
            {GRADE_EVENTS.map((known) => (
              <option key={known} value={known}>
                {eventText({ kind: known })}
              </option>
            ))}
          </select>
        </label>
        <label>
          Student
          <input className={css["field"]} name="student" type="search" defaultValue={student} />
        </label>
        <label>
          Exercise
          <input
            className={`${css["field"]} ${css["number"]}`}
            name="exercise"
            defaultValue={exercise}
            placeholder="11.2"
          />
        </label>
        <button type="submit" className={controls["button"]}>
          Filter
        </button>
      </form>
    </search>
  );
}

function EventRow({ run, entry }: { run: string; entry: GradeLogEntry }) {
  const { at, student, exercise, attempt, actor, before, after, reason } = entry;
  return (
    <tr>
      <td>
        <LocalTime at={at.toISOString()} />
      </td>
      <td>{eventText(entry)}</td>
      <td>{student?.name ?? "all"}</td>
      <td>
        {student !== undefined && exercise !== undefined ? (
          <a href={attemptsUrl(run, exercise.slug, student.id, attempt)}>{exercise.number}</a>
        ) : (
          (exercise?.number ?? "all")
        )}
      </td>
      <td>{gradeText(before)}</td>
      <td>{gradeText(after)}</td>
      <td>{actor ?? "the grader"}</td>
      <td className={css["words"]}>{reason}</td>
    </tr>
  );
}
