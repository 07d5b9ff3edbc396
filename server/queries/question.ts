/** What a run asks and answers, as those see it who may. */
import type { Prisma, Tx } from "../db/index.ts";
import type { QuestionAudience } from "../policies/index.ts";
import { RUN_OF_PAGES } from "./exercise.ts";

/** Where a question was asked; without a lecture it is about the run. */
export interface QuestionPlace {
  readonly lectureSlug?: string | undefined;
  readonly cellId?: string | undefined;
  readonly exerciseSlug?: string | undefined;
}

/** Who looks: the staff sees everything, others their own and what is for the class. */
export interface QuestionReader {
  readonly runId: string;
  readonly userId: string;
  readonly isStaff: boolean;
}

/** `removed` is the staff's alone. */
export const QUESTION_LISTS = ["open", "all", "mine", "staff", "removed"] as const;
export type QuestionList = (typeof QUESTION_LISTS)[number];

/** A question in a list. */
export interface ListedQuestion extends QuestionPlace {
  readonly id: string;
  readonly title: string;
  /** undefined: erased, or not told to this reader. */
  readonly author: string | undefined;
  readonly audience: QuestionAudience;
  readonly askedAt: Date;
  readonly answers: number;
  readonly isAnswered: boolean;
}

interface QuestionFilter extends QuestionPlace {
  readonly list: QuestionList;
  readonly limit: number;
  readonly offset: number;
}

/** The newest first, and how many there are in all. */
export async function questionsOf(
  tx: Tx,
  reader: QuestionReader,
  { list, limit, offset, ...place }: QuestionFilter,
): Promise<{ readonly questions: readonly ListedQuestion[]; readonly total: number }> {
  const where: Prisma.QuestionWhereInput = {
    AND: [seenBy(reader), inList(reader, list), present(place)],
  };
  const [rows, total] = await Promise.all([
    tx.question.findMany({
      where,
      orderBy: [{ askedAt: "desc" }, { id: "desc" }],
      take: limit,
      skip: offset,
      select: {
        id: true,
        title: true,
        audience: true,
        askedFor: true,
        authorId: true,
        askedAt: true,
        answeredAt: true,
        lectureSlug: true,
        cellId: true,
        exerciseSlug: true,
        author: { select: { name: true } },
        _count: { select: { answers: { where: { removedAt: null } } } },
      },
    }),
    tx.question.count({ where }),
  ]);
  const questions = rows.map((row) => ({
    id: row.id,
    title: row.title,
    author: askerFor(reader, row),
    audience: row.audience,
    askedAt: row.askedAt,
    answers: row._count.answers,
    isAnswered: row.answeredAt !== null,
    ...placeOf(row),
  }));
  return { questions, total };
}

/** How many questions stand at one place of a lecture. */
export interface PlaceCount {
  readonly cellId: string | undefined;
  readonly exerciseSlug: string | undefined;
  readonly questions: number;
}

/** At each cell and exercise of the lecture that has any. */
export async function questionCounts(
  tx: Tx,
  reader: QuestionReader,
  lectureSlug: string,
): Promise<readonly PlaceCount[]> {
  const rows = await tx.question.groupBy({
    by: ["cellId", "exerciseSlug"],
    where: { AND: [seenBy(reader), { removedAt: null, lectureSlug }] },
    _count: { _all: true },
  });
  return rows.map(({ cellId, exerciseSlug, _count }) => ({
    cellId: cellId ?? undefined,
    exerciseSlug: exerciseSlug ?? undefined,
    questions: _count._all,
  }));
}

/** Where the person asks: of their runs that are not archived, the one that their pages belong to. */
export async function runToAskIn(
  tx: Tx,
  userId: string,
): Promise<{ readonly id: string; readonly slug: string } | undefined> {
  const enrolment = await tx.enrolment.findFirst({
    where: { userId, run: { archivedAt: null } },
    orderBy: [...RUN_OF_PAGES],
    select: { run: { select: { id: true, slug: true } } },
  });
  return enrolment?.run;
}

/** The name of who asked: not for classmates when it was asked for the staff. */
export function askerFor(
  { userId, isStaff }: Pick<QuestionReader, "userId" | "isStaff">,
  question: {
    readonly authorId: string | null;
    readonly askedFor: QuestionAudience;
    readonly author: { readonly name: string } | null;
  },
): string | undefined {
  const isTold = isStaff || question.authorId === userId || question.askedFor === "class";
  return isTold ? question.author?.name : undefined;
}

function seenBy({ runId, userId, isStaff }: QuestionReader): Prisma.QuestionWhereInput {
  if (isStaff) return { runId };
  return { runId, removedAt: null, OR: [{ audience: "class" }, { authorId: userId }] };
}

function inList({ userId }: QuestionReader, list: QuestionList): Prisma.QuestionWhereInput {
  if (list === "removed") return { removedAt: { not: null } };
  const here = { removedAt: null };
  if (list === "open") return { ...here, answeredAt: null };
  if (list === "mine") return { ...here, authorId: userId };
  return list === "staff" ? { ...here, audience: "staff" } : here;
}

function present(place: QuestionPlace): Prisma.QuestionWhereInput {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));
}

function placeOf(row: {
  lectureSlug: string | null;
  cellId: string | null;
  exerciseSlug: string | null;
}): QuestionPlace {
  return {
    lectureSlug: row.lectureSlug ?? undefined,
    cellId: row.cellId ?? undefined,
    exerciseSlug: row.exerciseSlug ?? undefined,
  };
}
