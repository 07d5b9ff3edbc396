/** Words of the staff at lines of a submission. */
import type { Tx } from "../db/index.ts";

export interface LineComment {
  readonly id: string;
  /** 1 is the first. */
  readonly line: number;
  readonly text: string;
  readonly author: string | undefined;
  readonly at: Date;
}

/** By line, the oldest of a line first. */
export async function lineComments(tx: Tx, submissionId: string): Promise<LineComment[]> {
  const rows = await tx.lineComment.findMany({
    where: { submissionId },
    orderBy: [{ line: "asc" }, { createdAt: "asc" }],
    select: {
      id: true,
      line: true,
      text: true,
      createdAt: true,
      author: { select: { name: true } },
    },
  });
  return rows.map(({ createdAt, author, ...comment }) => ({
    ...comment,
    author: author?.name,
    at: createdAt,
  }));
}

interface CommentToAdd {
  readonly runId: string;
  readonly submissionId: string;
  readonly line: number;
  readonly text: string;
  readonly authorId: string;
}

/** false: there is no such submission in this run, or no such line in it. */
export async function addLineComment(tx: Tx, comment: CommentToAdd): Promise<boolean> {
  const { runId, ...data } = comment;
  const submission = await tx.submission.findFirst({
    where: { id: data.submissionId, exercise: { runId } },
    select: { source: true },
  });
  if (submission === null || data.line > submission.source.split("\n").length) return false;
  await tx.lineComment.create({ data });
  return true;
}

/** Whoever of the staff has written it. */
export async function removeLineComment(
  tx: Tx,
  { runId, commentId }: { readonly runId: string; readonly commentId: string },
): Promise<void> {
  await tx.lineComment.deleteMany({
    where: { id: commentId, submission: { exercise: { runId } } },
  });
}
