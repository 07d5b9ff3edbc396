import type { LectureDocument } from "#notebook/document";
import { lectureNumber } from "../title.ts";
import { curly } from "../typography.ts";
import { Continue } from "./continue.tsx";
import { exercisesOf } from "./exercises-of.ts";
import css from "./lecture-head.module.css";
import { PrintButton } from "./print-button.tsx";
import { Prose } from "./prose.tsx";
import { splitLead } from "./sections.ts";

/** What a lecture is about, how long it takes, what it leads to. */
export function LectureHead({ lecture }: { lecture: LectureDocument }) {
  const { frontMatter } = lecture;
  const { exercises, points } = exercisesOf(lecture);
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
        {exercises.length > 0 && (
          <>
            <dt>Exercises</dt>
            <dd>
              {exercises.length}, worth {points} points
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
      <div className={css["ways"]}>
        <Continue slug={frontMatter.slug} />
        <span>
          Take along: <a href={`/lectures/${frontMatter.slug}/notebook.ipynb`}>notebook (.ipynb)</a>{" "}
          <a href={`/lectures/${frontMatter.slug}/cells.ts`}>cells (.ts)</a> <PrintButton />
        </span>
      </div>
    </header>
  );
}
