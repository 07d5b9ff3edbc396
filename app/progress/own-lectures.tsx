import type { LectureDocument } from "#notebook/document";
import type { Reading } from "#server/queries";
import css from "../class/[run]/progress/progress.module.css";
import desk from "../class/class.module.css";
import { sectionsOf } from "../lectures/[slug]/sections.ts";
import { shortTitle } from "../lectures/title.ts";

interface OwnLecturesProps {
  lectures: readonly LectureDocument[];
  reading: ReadonlyMap<string, Reading>;
}

/** One line a lecture: how far it is read, which cells have run, and which have never run to their end. */
export function OwnLectures({ lectures, reading }: OwnLecturesProps) {
  return (
    <section aria-labelledby="lectures" className={css["part"]}>
      <h2 id="lectures">Lectures</h2>
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
            {lectures.map((lecture) => (
              <OwnLecture
                key={lecture.frontMatter.slug}
                lecture={lecture}
                reading={reading.get(lecture.frontMatter.slug)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface OwnLectureProps {
  lecture: LectureDocument;
  reading: Reading | undefined;
}

function OwnLecture({ lecture, reading }: OwnLectureProps) {
  const { frontMatter, cells } = lecture;
  const path = `/lectures/${frontMatter.slug}`;
  const sections = sectionsOf(lecture);
  const section = sections.find(({ id }) => id === reading?.section);
  const ran = cells.filter(({ id }) => reading?.ran.includes(id));
  const failing = cells.filter(
    ({ id }) => reading?.failed.includes(id) && !ran.some((r) => r.id === id),
  );
  return (
    <tr>
      <td>
        <a href={path}>{shortTitle(frontMatter)}</a>
      </td>
      <td>
        {section === undefined ? (
          reading === undefined ? (
            "not opened yet"
          ) : (
            "opened"
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
