/**
 * Grades from a file: `username,exercise,points,comment`, one a line. What it has no column for
 * stays as it is: an excuse, and without a column of comments the comment.
 */
import { createHash } from "node:crypto";
import { parse } from "csv-parse/sync";
import type { Tx } from "../db/index.ts";
import type { GivenGrade, GradeToGive } from "../grading/index.ts";
import { shortNumber } from "./gradebook-filter.ts";

export interface FileGrade extends GradeToGive {
  readonly given: GivenGrade;
  readonly line: number;
  readonly student: string;
  readonly exercise: string;
  /** What somebody has given before; null: nothing. */
  readonly before: GivenGrade | null;
}

export interface ReadGrades {
  readonly grades: readonly FileGrade[];
  /** Each as `line 3: what: remedy`. */
  readonly problems: readonly string[];
  /** Of all that would change: what was looked at is what is stored. */
  readonly digest: string;
}

const POINTS_MAX = 1000;
const COMMENT_MAX = 2000;

interface FileLine {
  readonly record: Readonly<Record<string, string | undefined>>;
  readonly info: { readonly lines: number };
}

/** Reads and checks a file against the run; nothing is stored. */
export async function readGradesFile(tx: Tx, runId: string, text: string): Promise<ReadGrades> {
  const lines = parsed(text);
  if (typeof lines === "string") return { grades: [], problems: [lines], digest: "" };
  const [students, exercises] = await Promise.all([studentsOf(tx, runId), exercisesOf(tx, runId)]);
  const given = await tx.gradeOverride.findMany({
    where: { exercise: { runId } },
    select: { exerciseId: true, userId: true, points: true, isExcused: true, comment: true },
  });
  const givenNow = new Map(
    given.map(({ exerciseId, userId, ...grade }) => [`${exerciseId} ${userId}`, grade]),
  );
  const problems: string[] = [];
  const grades: FileGrade[] = [];
  const seen = new Map<string, number>();
  for (const { record, info } of lines) {
    const say = (text: string) => problems.push(`line ${info.lines}: ${text}`);
    const student = students.get(record["username"]?.trim().toLowerCase() ?? "");
    const number = record["exercise"]?.trim() ?? "";
    const exercise = exercises.get(plainNumber(number));
    const points = pointsOf(record["points"] ?? "");
    const comment = record["comment"]?.trim();
    if (student === undefined) {
      say(`no student of this run has the username “${record["username"] ?? ""}”: correct it`);
    }
    if (exercise === undefined) say(`there is no exercise “${number}”: write it like E11.1`);
    if (points === "wrong") {
      say(`points: “${record["points"]}” is no number from 0 to ${POINTS_MAX}: correct it`);
    }
    if ((comment ?? "").length > COMMENT_MAX)
      say(`comment: more than ${COMMENT_MAX} letters: shorten it`);
    if (student === undefined || exercise === undefined || points === "wrong") continue;
    const key = `${exercise.id} ${student.id}`;
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      say(`the same student and exercise as in line ${earlier}: leave one of them out`);
    }
    seen.set(key, info.lines);
    const before = givenNow.get(key) ?? null;
    grades.push({
      line: info.lines,
      student: student.name,
      exercise: exercise.number,
      exerciseId: exercise.id,
      userId: student.id,
      given: {
        points,
        isExcused: before?.isExcused ?? false,
        comment: comment ?? before?.comment ?? "",
      },
      before,
    });
  }
  const digest = createHash("sha256").update(JSON.stringify(grades)).digest("hex");
  return { grades, problems, digest };
}

function parsed(text: string): readonly FileLine[] | string {
  try {
    const lines: FileLine[] = parse(text, {
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      info: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: true,
    });
    const [first] = lines;
    if (first === undefined) return "line 1: there are no grades in it: write one a line";
    const missing = ["username", "exercise", "points"].filter((name) => !(name in first.record));
    if (missing.length === 0) return lines;
    return `line 1: the heading lacks ${missing.join(", ")}: write username,exercise,points,comment`;
  } catch (error) {
    const { lines = 1, message } = error as { lines?: number; message: string };
    return `line ${lines}: ${message}: mend the file`;
  }
}

/** null: nothing stands there. */
function pointsOf(text: string): number | null | "wrong" {
  if (text.trim() === "") return null;
  const points = Number(text.trim().replace(/^'/, ""));
  return points >= 0 && points <= POINTS_MAX ? points : "wrong";
}

/** E01.1, 01.1 and 1.1 are the same exercise; a name stays as it is. */
function plainNumber(text: string): string {
  return text.replace(/^e?0*(?=\d+\.\d+$)/i, "");
}

async function studentsOf(tx: Tx, runId: string) {
  const rows = await tx.user.findMany({
    where: { enrolments: { some: { runId, role: "student" } } },
    select: { id: true, name: true, username: true },
  });
  return new Map(rows.map((row) => [(row.username ?? "").toLowerCase(), row]));
}

async function exercisesOf(tx: Tx, runId: string) {
  const rows = await tx.exercise.findMany({
    where: { runId },
    select: { id: true, slug: true, number: true },
  });
  const found = rows.map((row) => ({ ...row, number: shortNumber(row.number) }));
  return new Map(
    found.flatMap((row) => [[plainNumber(row.number), row] as const, [row.slug, row] as const]),
  );
}
