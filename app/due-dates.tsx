import { Deadline } from "#notebook/components/exercise";
import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { stateAt } from "#server/policies";
import { type DueExercise, dueExercises } from "#server/queries";
import css from "./due-dates.module.css";

interface DueDatesProps {
  /** Of lectures, by their slug. */
  titles: ReadonlyMap<string, string>;
}

/** What a student has to hand in, and when: what is due together on one line, the next first. */
export async function DueDates({ titles }: DueDatesProps) {
  const viewer = await currentViewer();
  if (viewer === undefined) return null;
  const at = Date.now();
  const groups = dueTogether(await dueExercises(db(), viewer.userId), at);
  if (groups.length === 0) return null;
  return (
    <section className={css["due"]} aria-labelledby="due-dates">
      <h2 id="due-dates">Due</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Lecture</th>
            <th scope="col">Exercises, points so far</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ dueAt, lectureSlug, exercises, first, note }) => (
            <tr key={`${lectureSlug} ${dueAt} ${note}`}>
              <th scope="row">
                <Deadline at={dueAt} timeZone={first.schedule.timeZone} />
                {note !== "" && <small>{note}</small>}
              </th>
              <td>
                <a href={`/lectures/${lectureSlug}`}>{titles.get(lectureSlug) ?? lectureSlug}</a>
              </td>
              <td>
                <ul>
                  {exercises.map(({ slug, number, title, best, points }) => (
                    <li key={slug}>
                      <a href={`/exercises/${slug}`} title={title}>
                        {number}
                      </a>{" "}
                      {best === undefined ? "–" : best} / {points}
                    </li>
                  ))}
                </ul>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface DueTogether {
  readonly dueAt: number;
  readonly lectureSlug: string;
  readonly first: DueExercise;
  readonly exercises: DueExercise[];
  /** What is not said by the date alone. */
  readonly note: string;
}

/** What can still be handed in, by lecture and date. */
function dueTogether(exercises: readonly DueExercise[], at: number): DueTogether[] {
  const groups = new Map<string, DueTogether>();
  for (const exercise of exercises) {
    const { schedule, lectureSlug } = exercise;
    const { dueAt } = schedule;
    const state = stateAt(schedule, at);
    if (dueAt === undefined || state.kind === "closed") continue;
    const note =
      state.kind === "not-open-yet"
        ? "not open yet"
        : state.kind === "late"
          ? `late: \u2212${state.percent}\u2009% now`
          : "";
    const key = `${lectureSlug} ${dueAt} ${note}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { dueAt, lectureSlug, first: exercise, exercises: [exercise], note });
    } else group.exercises.push(exercise);
  }
  return [...groups.values()].sort((a, b) => a.dueAt - b.dueAt);
}
