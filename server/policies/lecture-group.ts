import type { RunRole } from "./viewer.ts";

/** Who reads a lecture, as far as its page depends on it. */
export interface LectureReader {
  readonly name: string;
  readonly username: string;
  readonly isAdmin: boolean;
  readonly ban: { readonly banned: boolean; readonly banExpires: Date | null };
  /** Of any course. */
  readonly isAuthor: boolean;
  /** Two of them stand for any number. */
  readonly enrolments: readonly {
    readonly runId: string;
    readonly role: RunRole;
    /** All of the run, its dates and the reader's place in it that the page depends on. */
    readonly place: string;
  }[];
  /** A date is the reader's own, or a text is written in the page itself. */
  readonly hasOwn: boolean;
  /** Something was handed in to exercises of the lecture. */
  readonly hasWork: boolean;
}

/**
 * Names those for whom the page is the same, but for what they are called and have handed in;
 * undefined: it is this reader's alone. Staff always has pages of its own: nothing of them may ever reach a student.
 */
export function lectureGroup(reader: LectureReader): string | undefined {
  const { isAdmin, isAuthor, enrolments, hasOwn } = reader;
  if (isAdmin || isAuthor || hasOwn || enrolments.length > 1) return undefined;
  const [enrolment] = enrolments;
  if (enrolment === undefined) return "in no run";
  const { runId, role, place } = enrolment;
  return role === "student" || role === "reader" ? `${runId} ${role} ${place}` : undefined;
}
