/** One question with everything that was said to it. */
import type { Tx } from "../db/index.ts";
import type { QuestionAudience, QuestionInRun } from "../policies/index.ts";
import type { QuestionPlace } from "./question.ts";

export interface ThreadAnswer {
  readonly id: string;
  /** null: the account was erased. */
  readonly authorId: string | null;
  readonly author: string | undefined;
  readonly isStaff: boolean;
  readonly text: string;
  readonly at: Date;
  readonly editedAt: Date | undefined;
  readonly isRemoved: boolean;
}

export interface ThreadChange {
  readonly id: string;
  readonly by: string | undefined;
  readonly kind: string;
  readonly isOfAnswer: boolean;
  readonly at: Date;
}

export interface QuestionThread extends QuestionInRun, QuestionPlace {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly quote: string | undefined;
  readonly askedFor: QuestionAudience;
  readonly author: { readonly name: string } | null;
  readonly at: Date;
  readonly editedAt: Date | undefined;
  readonly isAnswered: boolean;
  readonly answers: readonly ThreadAnswer[];
  /** What was done to it, for the staff. */
  readonly changes: readonly ThreadChange[];
}

/** undefined: the run has no such question. Who may see what of it is the policy's to say. */
export async function questionThread(
  tx: Tx,
  { runId, id }: { readonly runId: string; readonly id: string },
): Promise<QuestionThread | undefined> {
  const row = await tx.question.findFirst({
    where: { id, runId },
    include: {
      author: { select: { name: true } },
      answers: {
        orderBy: [{ writtenAt: "asc" }, { id: "asc" }],
        include: { author: { select: { name: true } } },
      },
      changes: {
        orderBy: [{ at: "asc" }, { id: "asc" }],
        select: {
          id: true,
          kind: true,
          answerId: true,
          at: true,
          by: { select: { name: true } },
        },
      },
    },
  });
  if (row === null) return undefined;
  return {
    id: row.id,
    runId: row.runId,
    authorId: row.authorId,
    author: row.author,
    audience: row.audience,
    askedFor: row.askedFor,
    isRemoved: row.removedAt !== null,
    isAtExercise: row.exerciseSlug !== null,
    title: row.title,
    text: row.text,
    quote: row.quote ?? undefined,
    at: row.askedAt,
    editedAt: row.editedAt ?? undefined,
    isAnswered: row.answeredAt !== null,
    lectureSlug: row.lectureSlug ?? undefined,
    cellId: row.cellId ?? undefined,
    exerciseSlug: row.exerciseSlug ?? undefined,
    answers: row.answers.map((answer) => ({
      id: answer.id,
      authorId: answer.authorId,
      author: answer.author?.name,
      isStaff: answer.isStaff,
      text: answer.text,
      at: answer.writtenAt,
      editedAt: answer.editedAt ?? undefined,
      isRemoved: answer.removedAt !== null,
    })),
    changes: row.changes.map(({ id: changeId, kind, answerId, at, by }) => ({
      id: changeId,
      kind: kind.replaceAll("_", " "),
      isOfAnswer: answerId !== null,
      at,
      by: by?.name,
    })),
  };
}
