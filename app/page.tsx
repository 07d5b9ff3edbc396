import { counted, type LectureDocument } from "#notebook/document";
import { readLectures } from "#server/course";
import { COURSE_TITLE } from "./course.ts";
import { DueDates } from "./due-dates.tsx";
import css from "./home.module.css";
import { exercisesOf } from "./lectures/[slug]/exercises-of.ts";
import { exerciseNumber, fullTitle, lectureNumber, shortTitle } from "./lectures/title.ts";
import { curly } from "./lectures/typography.ts";
import { Resume } from "./resume.tsx";
import { News } from "./talk/news.tsx";

/** What there is to read, and where the reader stopped. */
export default async function Home() {
  const lectures = await readLectures();
  const [first] = lectures;
  return (
    <main id="main" className={css["home"]}>
      <div className={css["head"]}>
        <div>
          <h1>{COURSE_TITLE}</h1>
          <p className={css["lead"]}>
            Lectures on a kernel that runs in this page. Every cell can be changed and run again;
            nothing you do can break it.
          </p>
        </div>
        {first !== undefined && (
          <Resume
            slugs={lectures.map(({ frontMatter }) => frontMatter.slug)}
            first={{ slug: first.frontMatter.slug, lecture: shortTitle(first.frontMatter) }}
          />
        )}
      </div>
      <News />
      <DueDates
        titles={
          new Map(lectures.map(({ frontMatter }) => [frontMatter.slug, shortTitle(frontMatter)]))
        }
      />
      {lectures.length === 0 ? (
        <p>This course has no lecture yet.</p>
      ) : (
        <ol className={css["lectures"]}>
          {lectures.map((lecture) => (
            <li key={lecture.frontMatter.slug}>
              <LectureEntry lecture={lecture} />
            </li>
          ))}
        </ol>
      )}
    </main>
  );
}

function LectureEntry({ lecture }: { lecture: LectureDocument }) {
  const { frontMatter, cells } = lecture;
  const { slug, summary, minutes, goals } = frontMatter;
  const { exercises } = exercisesOf(lecture);
  const number = lectureNumber(frontMatter);
  return (
    <article className={css["lecture"]}>
      <span className={css["number"]}>{number}</span>
      <div>
        <h2>
          <a href={`/lectures/${slug}`}>{fullTitle(frontMatter)}</a>
        </h2>
        <p className={css["summary"]}>{curly(summary)}</p>
        <p className={css["facts"]}>
          {minutes} min, {cells.length} cells
        </p>
      </div>
      <section aria-label={`Goals of lecture ${number}`}>
        <h3>Afterwards you can</h3>
        <ul>
          {goals.map((goal) => (
            <li key={goal}>{curly(goal)}</li>
          ))}
        </ul>
      </section>
      {exercises.length > 0 && (
        <section aria-label={`Exercises of lecture ${number}`}>
          <h3>Exercises</h3>
          <ul className={css["exercises"]}>
            {exercises.map((exercise) => (
              <li key={exercise.id}>
                <a href={`/lectures/${slug}#exercise-${exercise.id}`}>
                  {exerciseNumber(exercise.number)} {exercise.title}
                </a>
                <span>{counted(exercise.points, "point")}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </article>
  );
}
