import { counted, type LectureDocument } from "#notebook/document";
import { exerciseNumber } from "../title.ts";
import { exercisesOf } from "./exercises-of.ts";

/** The exercises of a lecture as ways to where they stand; nothing when it has none. */
export function ExerciseList({ lecture }: { lecture: LectureDocument }) {
  const { exercises, points } = exercisesOf(lecture);
  if (exercises.length === 0) return null;
  return (
    <>
      <p>Exercises, {counted(points, "point")}</p>
      <ul>
        {exercises.map(({ id, number, title }) => (
          <li key={id}>
            <a href={`#exercise-${id}`}>
              <span>{exerciseNumber(number)}</span>
              <span>{title}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
