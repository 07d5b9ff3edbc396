import type { ReactNode } from "react";
import { counted, type LectureDocument } from "#notebook/document";
import { lectureNumber } from "../title.ts";
import { curly } from "../typography.ts";
import css from "./lecture-head.module.css";
import { Prose } from "./prose.tsx";
import { splitLead } from "./sections.ts";

interface LectureHeadProps {
  lecture: LectureDocument;
  /** Of all its exercises together. */
  points: number;
  /** What can be done with the whole lecture. */
  ways?: ReactNode;
}

/** What a lecture is about, how long it takes, what it leads to. */
export function LectureHead({ lecture, points, ways }: LectureHeadProps) {
  const { frontMatter, exerciseIds } = lecture;
  return (
    <header className={css["head"]}>
      <p className={css["eyebrow"]}>
        Lecture {lectureNumber(frontMatter)}
        {frontMatter.subtitle !== undefined && ` · ${frontMatter.subtitle}`}
      </p>
      <h1>{curly(frontMatter.title)}</h1>
      <div className={css["lead"]}>
        <Prose text={splitLead(lecture.body).lead} />
      </div>
      <dl className={css["facts"]}>
        <dt>Time</dt>
        <dd>{frontMatter.minutes} min</dd>
        <dt>Cells</dt>
        <dd>{lecture.cells.length}</dd>
        {exerciseIds.length > 0 && (
          <>
            <dt>Exercises</dt>
            <dd>
              {exerciseIds.length}
              {points > 0 && `, worth ${counted(points, "point")}`}
            </dd>
          </>
        )}
        <dt>Covers</dt>
        <dd>{frontMatter.covers.length} topics of the course</dd>
      </dl>
      <section className={css["goals"]} aria-labelledby="goals">
        <h2 id="goals">Afterwards you can</h2>
        <ul>
          {frontMatter.goals.map((goal) => (
            <li key={goal}>{curly(goal)}</li>
          ))}
        </ul>
      </section>
      {ways !== undefined && <div className={css["ways"]}>{ways}</div>}
    </header>
  );
}
