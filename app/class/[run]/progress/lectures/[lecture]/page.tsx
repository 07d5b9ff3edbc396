import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { readLecture } from "#server/course";
import { db } from "#server/db";
import { classCellErrors, classReading, READERS_MIN } from "#server/queries";
import { BarChart } from "../../../../../charts/bar-chart.tsx";
import { shortTitle } from "../../../../../lectures/title.ts";
import { requireStaff } from "../../../../access.ts";
import desk from "../../../../class.module.css";
import { type CellRow, cellRows, type SectionRow, sectionRows } from "../../lecture-rows.ts";
import css from "../../progress.module.css";

export const metadata: Metadata = { title: "Where readers stop" };

interface LectureReadingPageProps {
  params: Promise<{ run: string; lecture: string }>;
}

/** How far the students have read in one lecture, and which of its cells have failed for them. */
export default async function LectureReadingPage({ params }: LectureReadingPageProps) {
  const { run: slug, lecture: lectureSlug } = await params;
  const { run } = await requireStaff(slug, `/class/${slug}/progress/lectures/${lectureSlug}`);
  const lecture = await readLecture(lectureSlug);
  if (lecture === undefined) notFound();
  const [stops, errors] = await Promise.all([
    classReading(db(), run.id),
    classCellErrors(db(), { runId: run.id, lectureSlug }),
  ]);
  const read = stops.get(lectureSlug);
  return (
    <main className={desk["desk"]} id="main">
      <div className={desk["head"]}>
        <h1>{shortTitle(lecture.frontMatter)}</h1>
        <p>
          {read === undefined
            ? `Fewer than ${READERS_MIN} students have opened it: of so few nothing is shown.`
            : `opened by ${read.readers} of ${run.students} students`}
        </p>
      </div>
      {read !== undefined && (
        <>
          <Sections rows={sectionRows(lecture, read)} lecture={lectureSlug} />
          <Cells rows={cellRows(lecture, errors.get(lectureSlug))} lecture={lectureSlug} />
        </>
      )}
      <p className={css["said"]}>
        <a href={`/class/${slug}/progress`}>All lectures and exercises</a>
      </p>
    </main>
  );
}

interface SectionsProps {
  rows: readonly SectionRow[];
  lecture: string;
}

function Sections({ rows, lecture }: SectionsProps) {
  return (
    <section aria-labelledby="stops" className={css["part"]}>
      <h2 id="stops">Where readers stop</h2>
      <BarChart
        whole="came to it"
        part="no further"
        caption="students, by section"
        bars={rows.map(({ id, number, title, reached, stopped, isLast }) => ({
          key: id,
          label: number === 0 ? "–" : String(number),
          name: number === 0 ? title : `§ ${number} ${title}`,
          whole: reached,
          part: isLast ? 0 : stopped,
        }))}
      />
      <div className={css["scroll"]}>
        <table className={desk["data"]}>
          <thead>
            <tr>
              <th scope="col">section</th>
              <th scope="col" className={desk["right"]}>
                came to it
              </th>
              <th scope="col" className={desk["right"]}>
                no further
              </th>
              <th scope="col" className={desk["right"]}>
                of those who came
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, number, title, reached, stopped, isLast }) => (
              <tr key={id}>
                <td>
                  {number === 0 ? (
                    title
                  ) : (
                    <a href={`/lectures/${lecture}#${id}`}>
                      § {number} {title}
                    </a>
                  )}
                </td>
                <td className={desk["right"]}>{reached}</td>
                <td className={desk["right"]}>{isLast ? "the end" : stopped}</td>
                <td className={desk["right"]}>{isLast ? "" : share(stopped, reached)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cells({ rows, lecture }: { rows: readonly CellRow[]; lecture: string }) {
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="cells" className={css["part"]}>
      <h2 id="cells">Which cells raise errors</h2>
      <BarChart
        whole="ran it"
        part="raised an error"
        caption="students, by cell"
        bars={rows.map(({ id, number, title, ran, failed }) => ({
          ...{ key: id, label: String(number), name: `${number} ${title}` },
          whole: ran,
          part: failed,
        }))}
      />
      <div className={css["scroll"]}>
        <table className={desk["data"]}>
          <thead>
            <tr>
              <th scope="col">cell</th>
              <th scope="col" className={desk["right"]}>
                ran it
              </th>
              <th scope="col" className={desk["right"]}>
                raised an error
              </th>
              <th scope="col" className={desk["right"]}>
                as it was given
              </th>
              <th scope="col" className={desk["right"]}>
                never without
              </th>
              <th scope="col" className={desk["right"]}>
                of those who ran it
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <a href={`/lectures/${lecture}#cell-${row.id}`}>
                    {row.number} {row.title}
                  </a>
                  {row.isMeantToFail && <span className={css["quiet"]}> meant to fail</span>}
                </td>
                <td className={desk["right"]}>{row.ran}</td>
                <td className={desk["right"]}>{row.failed}</td>
                <td className={desk["right"]}>{row.failedAsGiven}</td>
                <td className={desk["right"]}>{row.stillFails}</td>
                <td className={desk["right"]}>{share(row.failed, row.ran)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`;
}
