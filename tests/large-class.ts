/** A run of any size, made by the database itself from formulas that a test can work out again. */
import { db } from "../server/db/client.ts";

export interface LargeClass {
  readonly runId: string;
  readonly students: number;
  readonly exercises: number;
}

export const POINTS = 7;
const FILLING_MS = 600_000;
const STATUSES = ["graded", "time-out", "tampered"];

/** What formula makes of one student and exercise. */
export interface ExpectedCell {
  readonly attempts: number;
  readonly best: number | undefined;
  readonly last: string;
}

/** The attempts of the student numbered `i` at the exercise numbered `j`; undefined: none. */
export function expectedCell(i: number, j: number): ExpectedCell | undefined {
  const attempts = (i * 7 + j * 13) % 4;
  if (attempts === 0) return undefined;
  const graded = Array.from({ length: attempts }, (_, index) => index + 1).filter((k) =>
    isGraded(i, j, k),
  );
  const scores = graded.map((k) => (i + j * k) % (POINTS + 1));
  return {
    attempts,
    best: scores.length === 0 ? undefined : Math.max(...scores),
    last: isGraded(i, j, attempts) ? (STATUSES[(i + attempts) % 3] ?? "") : "waiting",
  };
}

function isGraded(i: number, j: number, k: number): boolean {
  return (i + 3 * j + 5 * k) % 17 !== 0;
}

/** Students `Student 0001` and so on, exercises `E1.1` to `E1.9`, `E2.1` and so on. */
export async function makeLargeClass(students: number, exercises: number): Promise<LargeClass> {
  const runId = "large";
  await db().$transaction(
    async (tx) => {
      // What refers to what is right by the formulas.
      await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
      await tx.$executeRaw`
      INSERT INTO "Course" ("id", "slug", "title") VALUES ('large', 'large', 'Large')`;
      await tx.$executeRaw`
      INSERT INTO "CourseRun" ("id", "courseId", "slug", "title")
      VALUES (${runId}, 'large', 'large', 'Large')`;
      await tx.$executeRaw`
      INSERT INTO "User" ("id", "name", "username", "email", "updatedAt")
      SELECT 's' || i, 'Student ' || lpad(i::text, 4, '0'), 'user' || i, i || '@example.org', now()
      FROM generate_series(0, ${students}::int - 1) AS i`;
      await tx.$executeRaw`
      INSERT INTO "Enrolment" ("id", "runId", "userId", "role")
      SELECT 'n' || i, ${runId}, 's' || i, 'student'
      FROM generate_series(0, ${students}::int - 1) AS i`;
      await tx.$executeRaw`
      INSERT INTO "Exercise" ("id", "runId", "slug", "number", "title", "lectureSlug", "points", "position")
      SELECT 'e' || j, ${runId}, 'exercise-' || j, 'E' || j / 9 + 1 || '.' || j % 9 + 1,
        'Exercise ' || j, lpad((j / 9 + 1)::text, 2, '0') || '-lecture', ${POINTS}, j
      FROM generate_series(0, ${exercises}::int - 1) AS j`;
      await tx.$executeRaw`
      INSERT INTO "ExerciseVersion" ("id", "exerciseId", "hash", "manifest", "judge")
      SELECT 'v' || j, 'e' || j, 'v', '{}', ''
      FROM generate_series(0, ${exercises}::int - 1) AS j`;
      await tx.$executeRaw`
      INSERT INTO "Submission"
        ("id", "exerciseId", "userId", "clientKey", "source", "sourceHash", "attempt")
      SELECT concat_ws('-', i, j, k), 'e' || j, 's' || i, concat_ws('-', j, k), 'export {};', '', k
      FROM generate_series(0, ${students}::int - 1) AS i,
        generate_series(0, ${exercises}::int - 1) AS j,
        generate_series(1, (i * 7 + j * 13) % 4) AS k`;
      await tx.$executeRaw`
      INSERT INTO "SubmissionResult"
        ("id", "submissionId", "versionId", "status", "score", "max", "tests", "ms")
      SELECT s."id", s."id", 'v' || j, (${STATUSES}::text[])[(i + k) % 3 + 1],
        (i + j * k) % (${POINTS}::int + 1), ${POINTS}, '[{"id": "one", "kind": "passed"}]', 40
      FROM (
        SELECT s.* FROM "Submission" AS s JOIN "Exercise" AS e ON e."id" = s."exerciseId"
        WHERE e."runId" = ${runId} OFFSET 0
      ) AS s, LATERAL (SELECT split_part(s."id", '-', 1)::int AS i, split_part(s."id", '-', 2)::int AS j,
          s."attempt" AS k) AS place
      WHERE (i + 3 * j + 5 * k) % 17 <> 0`;
    },
    { timeout: FILLING_MS },
  );
  await db().$executeRaw`ANALYZE`;
  return { runId, students, exercises };
}
