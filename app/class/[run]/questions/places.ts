import { readLectures } from "#server/course";
import { db } from "#server/db";
import { exercisesOfRun, type QuestionPlace } from "#server/queries";
import { lectureNumber, shortTitle } from "../../../lectures/title.ts";

/** What there is in the run that a question can be about. */
export interface Places {
  readonly lectures: readonly { readonly slug: string; readonly title: string }[];
  /** `11 eBPF I, cell 3`; undefined: there is no such place. */
  readonly nameOf: (place: QuestionPlace) => string | undefined;
  /** The place with its lecture; undefined: there is none. */
  readonly find: (place: QuestionPlace) => QuestionPlace | undefined;
}

export async function placesOf(runId: string): Promise<Places> {
  const [lectures, exercises] = await Promise.all([readLectures(), exercisesOfRun(db(), runId)]);
  const lectureOf = (slug: string | undefined) =>
    lectures.find(({ frontMatter }) => frontMatter.slug === slug);
  const exerciseOf = (slug: string | undefined) => exercises.find((found) => found.slug === slug);
  return {
    lectures: lectures.map(({ frontMatter }) => ({
      slug: frontMatter.slug,
      title: shortTitle(frontMatter),
    })),
    nameOf: ({ lectureSlug, cellId, exerciseSlug }) => {
      if (exerciseSlug !== undefined) {
        const exercise = exerciseOf(exerciseSlug);
        return exercise && `Exercise ${exercise.number} ${exercise.title}`;
      }
      if (lectureSlug === undefined) return "The course";
      const lecture = lectureOf(lectureSlug);
      if (lecture === undefined) return undefined;
      if (cellId === undefined) return `Lecture ${shortTitle(lecture.frontMatter)}`;
      const index = lecture.cells.findIndex(({ id }) => id === cellId);
      const number = lectureNumber(lecture.frontMatter);
      return index < 0 ? `Lecture ${number}` : `Lecture ${number}, cell ${index + 1}`;
    },
    find: ({ lectureSlug, cellId, exerciseSlug }) => {
      if (exerciseSlug !== undefined) {
        const exercise = exerciseOf(exerciseSlug);
        return exercise && { exerciseSlug, lectureSlug: exercise.lectureSlug };
      }
      if (lectureSlug === undefined) return cellId === undefined ? {} : undefined;
      const lecture = lectureOf(lectureSlug);
      if (lecture === undefined) return undefined;
      if (cellId === undefined) return { lectureSlug };
      return lecture.cells.some(({ id }) => id === cellId) ? { lectureSlug, cellId } : undefined;
    },
  };
}
