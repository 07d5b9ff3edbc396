/** What decides whether a lecture's page says anything to its reader that it says to nobody else. */
import type { Tx } from "../db/index.ts";
import type { LectureReader } from "../policies/index.ts";

interface Row {
  readonly name: string;
  readonly username: string;
  readonly role: string;
  readonly banned: boolean;
  readonly banExpires: Date | null;
  readonly isAuthor: boolean;
  readonly runId: string | null;
  readonly runRole: "reader" | "student" | "ta" | "instructor" | null;
  readonly place: string;
  readonly hasOwn: boolean;
  readonly hasWork: boolean;
}

/** One question for all of it, since it is asked before every kept page. undefined: there is no such account. */
export async function lectureReader(
  tx: Tx,
  { userId, lectureSlug }: { readonly userId: string; readonly lectureSlug: string },
): Promise<LectureReader | undefined> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT u."name", coalesce(u."username", u."email") AS "username",
      u."role", u."banned", u."banExpires",
      EXISTS (SELECT FROM "CourseAuthor" a WHERE a."userId" = u."id") AS "isAuthor",
      e."runId", e."role"::text AS "runRole",
      concat_ws(' ', e."sectionId", e."isReadingCounted", r."slug", r."timeZone", r."archivedAt",
        (SELECT concat(count(*), ' ', max(s."updatedAt"))
         FROM "ScheduleRule" s WHERE s."runId" = e."runId")) AS "place",
      EXISTS (SELECT FROM "Submission" s JOIN "Exercise" x ON x."id" = s."exerciseId"
        WHERE s."userId" = u."id" AND x."lectureSlug" = ${lectureSlug}) AS "hasWork",
      EXISTS (SELECT FROM "ScheduleRule" s WHERE s."userId" = u."id" AND s."runId" = e."runId")
      OR EXISTS (SELECT FROM "Exercise" x
        WHERE x."runId" = e."runId" AND x."lectureSlug" = ${lectureSlug} AND x."kind" = 'report')
        AS "hasOwn"
    FROM "User" u
    LEFT JOIN "Enrolment" e ON e."userId" = u."id"
    LEFT JOIN "CourseRun" r ON r."id" = e."runId"
    WHERE u."id" = ${userId}
    LIMIT 2`;
  const [row] = rows;
  if (row === undefined) return undefined;
  const { name, username, role, banned, banExpires, isAuthor, hasOwn, hasWork } = row;
  const enrolments = rows.flatMap(({ runId, runRole, place }) =>
    runId === null || runRole === null ? [] : [{ runId, role: runRole, place }],
  );
  const ban = { banned, banExpires };
  const isAdmin = role === "admin";
  return { name, username, isAdmin, ban, isAuthor, enrolments, hasOwn, hasWork };
}
