import type { LectureDocument } from "#notebook/document";
import { type CellErrors, type LectureStops, READERS_MIN } from "#server/queries";
import { shortTitle } from "../../../lectures/title.ts";
import desk from "../../class.module.css";
import { cellRows, commonError, commonStop, sectionRows } from "./lecture-rows.ts";
import css from "./progress.module.css";

interface LectureTableProps {
  run: string;
  lectures: readonly LectureDocument[];
  students: number;
  stops: ReadonlyMap<string, LectureStops>;
  errors: ReadonlyMap<string, ReadonlyMap<string, CellErrors>>;
}

/** One line a lecture: how many read it, where they stop, which cell fails for most. */
export function LectureTable({ run, lectures, students, stops, errors }: LectureTableProps) {
  return (
    <div className={css["scroll"]}>
      <table className={desk["data"]}>
        <thead>
          <tr>
            <th scope="col">lecture</th>
            <th scope="col" className={desk["right"]}>
              opened
            </th>
            <th scope="col" className={desk["right"]}>
              to the end
            </th>
            <th scope="col">most stop in</th>
            <th scope="col">fails for most</th>
          </tr>
        </thead>
        <tbody>
          {lectures.map((lecture) => {
            const { slug } = lecture.frontMatter;
            const read = stops.get(slug);
            const rows = read && sectionRows(lecture, read);
            const stop = rows && commonStop(rows);
            const error = rows && commonError(cellRows(lecture, errors.get(slug)));
            return (
              <tr key={slug}>
                <td>
                  {read === undefined ? (
                    shortTitle(lecture.frontMatter)
                  ) : (
                    <a href={`/class/${run}/progress/lectures/${slug}`}>
                      {shortTitle(lecture.frontMatter)}
                    </a>
                  )}
                </td>
                <td className={desk["right"]}>
                  {read === undefined
                    ? `fewer than ${READERS_MIN}`
                    : `${read.readers} of ${students}`}
                </td>
                <td className={desk["right"]}>{rows?.at(-1)?.reached ?? "–"}</td>
                <td>{stop === undefined ? "–" : `${stop.stopped}: ${sectionName(stop)}`}</td>
                <td>
                  {error === undefined
                    ? "–"
                    : `${error.failed} of ${error.ran}: ${error.number} ${error.title}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function sectionName({ number, title }: { number: number; title: string }): string {
  return number === 0 ? title.toLowerCase() : `§ ${number} ${title}`;
}
