import type { Tx } from "../db/index.ts";

/** The student whose report has waited longest for a grade. */
export interface NextToGrade {
  readonly userId: string;
  readonly name: string;
  /** So many wait, this one included. */
  readonly left: number;
}

/** undefined: nobody's last report waits but that of the student who is looked at. */
export async function nextToGrade(
  tx: Tx,
  key: { readonly exerciseId: string; readonly besidesUserId: string },
): Promise<NextToGrade | undefined> {
  const [next] = await tx.$queryRaw<NextToGrade[]>`
    SELECT latest."userId", u."name", (count(*) OVER ())::int AS left
    FROM (
      SELECT DISTINCT ON (s."userId") s."id", s."userId", s."receivedAt", e."runId"
      FROM "Submission" AS s JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      WHERE e."id" = ${key.exerciseId} AND e."kind" = 'report'
      ORDER BY s."userId", s."attempt" DESC
    ) AS latest
    JOIN "User" AS u ON u."id" = latest."userId"
    JOIN "Enrolment" AS n ON n."userId" = u."id" AND n."runId" = latest."runId" AND n."role" = 'student'
    WHERE latest."userId" <> ${key.besidesUserId} AND NOT EXISTS (
      SELECT FROM "SubmissionResult" AS r WHERE r."submissionId" = latest."id" AND r."counts")
    ORDER BY latest."receivedAt" LIMIT 1`;
  return next;
}
