import type { LectureDocument } from "#notebook/document";
import type { Reading } from "#server/queries";
import { BarChart } from "../charts/bar-chart.tsx";
import css from "../class/[run]/progress/progress.module.css";
import desk from "../class/class.module.css";
import { type Section, sectionsOf } from "../lectures/[slug]/sections.ts";
import { lectureNumber, shortTitle } from "../lectures/title.ts";

interface OwnLecturesProps {
  lectures: readonly LectureDocument[];
  reading: ReadonlyMap<string, Reading>;
}

/** One line a lecture: how far it is read, which cells have run, and which have never run to their end. */
export function OwnLectures({ lectures, reading }: OwnLecturesProps) {
  const read = lectures.map((lecture) => readOf(lecture, reading.get(lecture.frontMatter.slug)));
  return (
    <section aria-labelledby="lectures" className={css["part"]}>
      <h2 id="lectures">Lectures</h2>
      <div className={css["charts"]}>
        <BarChart
          whole="there are"
          part="read"
          caption="sections, by lecture"
          bars={read.map(({ lecture, sections, section }) => ({
            ...columnOf(lecture),
            ...{ whole: sections.length, part: section?.number },
          }))}
        />
        <BarChart
          whole="there are"
          part="run"
          caption="cells, by lecture"
          bars={read.map(({ lecture, ran }) => ({
            ...columnOf(lecture),
            ...{ whole: lecture.cells.length, part: ran.length },
          }))}
        />
      </div>
      <div className={css["scroll"]}>
        <table className={desk["data"]}>
          <thead>
            <tr>
              <th scope="col">lecture</th>
              <th scope="col">read as far as</th>
              <th scope="col" className={desk["right"]}>
                cells run
              </th>
              <th scope="col">cells that have only failed</th>
            </tr>
          </thead>
          <tbody>
            {read.map((one) => (
              <OwnLecture key={one.lecture.frontMatter.slug} {...one} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** How far one lecture is read, and what has become of its cells. */
interface ReadLecture {
  readonly lecture: LectureDocument;
  readonly isOpened: boolean;
  readonly sections: readonly Section[];
  /** The furthest one that was come to. */
  readonly section: Section | undefined;
  readonly ran: LectureDocument["cells"];
  /** Those that have never run to their end. */
  readonly failing: LectureDocument["cells"];
}

function readOf(lecture: LectureDocument, reading: Reading | undefined): ReadLecture {
  const { cells } = lecture;
  const sections = sectionsOf(lecture);
  const ran = cells.filter(({ id }) => reading?.ran.includes(id));
  return {
    ...{ lecture, sections, ran, isOpened: reading !== undefined },
    section: sections.find(({ id }) => id === reading?.section),
    failing: cells.filter((cell) => reading?.failed.includes(cell.id) && !ran.includes(cell)),
  };
}

function columnOf({ frontMatter }: LectureDocument) {
  const { slug } = frontMatter;
  return { key: slug, label: lectureNumber(frontMatter), name: shortTitle(frontMatter) };
}

function OwnLecture({ lecture, isOpened, sections, section, ran, failing }: ReadLecture) {
  const { frontMatter, cells } = lecture;
  const path = `/lectures/${frontMatter.slug}`;
  return (
    <tr>
      <td>
        <a href={path}>{shortTitle(frontMatter)}</a>
      </td>
      <td>
        {section === undefined ? (
          isOpened ? (
            "opened"
          ) : (
            "not opened yet"
          )
        ) : (
          <a href={`${path}#${section.id}`}>
            § {section.number} of {sections.length} {section.title}
          </a>
        )}
      </td>
      <td className={desk["right"]}>
        {ran.length} of {cells.length}
      </td>
      <td>
        {failing.length === 0
          ? "–"
          : failing.map(({ id, number, title }) => (
              <span key={id} className={css["item"]}>
                <a href={`${path}#cell-${id}`}>
                  {number} {title ?? id}
                </a>
              </span>
            ))}
      </td>
    </tr>
  );
}
