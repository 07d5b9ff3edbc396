/** The addresses of what a run asks and announces. */
import type { QuestionList, QuestionPlace } from "#server/queries";

interface QuestionsAddress extends QuestionPlace {
  readonly list?: QuestionList | undefined;
  /** 1 is the first. */
  readonly page?: number;
}

export function questionsUrl(run: string, address: QuestionsAddress = {}): string {
  const { list, page = 1, ...place } = address;
  return withPlace(`/class/${run}/questions`, place, {
    show: list === undefined ? "" : list,
    page: page === 1 ? "" : String(page),
  });
}

export function askUrl(run: string, place: QuestionPlace): string {
  return withPlace(`/class/${run}/questions/new`, place);
}

export function questionUrl(run: string, id: string): string {
  return `/class/${run}/questions/${id}`;
}

export function announcementsUrl(run: string): string {
  return `/class/${run}/announcements`;
}

/** Where the cell or exercise stands. */
export function placeUrl({ lectureSlug, cellId, exerciseSlug }: QuestionPlace): string {
  const at =
    exerciseSlug !== undefined
      ? `#exercise-${exerciseSlug}`
      : cellId === undefined
        ? ""
        : `#cell-${cellId}`;
  return `/lectures/${lectureSlug}${at}`;
}

function withPlace(
  path: string,
  { lectureSlug, cellId, exerciseSlug }: QuestionPlace,
  more: Readonly<Record<string, string>> = {},
): string {
  const given = { ...more, lecture: lectureSlug, cell: cellId, exercise: exerciseSlug };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query}`;
}
