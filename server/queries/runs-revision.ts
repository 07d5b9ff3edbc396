import type { Tx } from "../db/index.ts";

/** Changes with the exercises and dates of all runs, and whenever one of the dates comes. */
export async function runsRevision(tx: Tx, at: number): Promise<string> {
  const [row] = await tx.$queryRaw<{ revision: string }[]>`
    SELECT concat_ws(' ', count(DISTINCT s."id"), max(s."updatedAt"), count(moment."key"),
      (SELECT string_agg(concat(r."id", r."archivedAt"), ' ' ORDER BY r."id") FROM "CourseRun" r),
      (SELECT count(*) FROM "ExerciseVersion"),
      (SELECT md5(string_agg(concat_ws(' ', x."id", x."lectureSlug", x."kind", x."attempts"), ','
        ORDER BY x."id")) FROM "Exercise" x)) AS "revision"
    FROM "ScheduleRule" s
    LEFT JOIN LATERAL jsonb_each(s."fields") moment
      ON moment."key" IN ('opensAt', 'dueAt', 'closesAt')
      AND CASE jsonb_typeof(moment."value")
        WHEN 'number' THEN moment."value"::numeric <= ${at}::numeric ELSE false END`;
  return row?.revision ?? "";
}
