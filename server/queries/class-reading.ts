/** Where the students of a run stop in its lectures, and which cells fail for them: sums alone. */
import type { Tx } from "../db/index.ts";

/** So many readers at least, or nothing is said of a lecture: sums of fewer would be about persons. */
export const READERS_MIN = 5;

export interface LectureStops {
  /** Students who have opened it; undefined: fewer than `READERS_MIN`. */
  readonly readers: number;
  /** How many have come so far and no further, by the section's id; "": before the first one. */
  readonly stops: ReadonlyMap<string, number>;
}

/** By lecture, those that enough students have opened. */
export async function classReading(
  tx: Tx,
  runId: string,
): Promise<ReadonlyMap<string, LectureStops>> {
  const rows = await tx.$queryRaw<
    { lectureSlug: string; section: string; students: number; readers: number }[]
  >`
    SELECT "lectureSlug", "section", students, readers FROM (
      SELECT k."lectureSlug", k."section", count(*)::int AS students,
        (sum(count(*)) OVER (PARTITION BY k."lectureSlug"))::int AS readers
      FROM "LectureReading" AS k
      JOIN "Enrolment" AS n ON n."runId" = k."runId" AND n."userId" = k."userId"
      WHERE k."runId" = ${runId} AND n."role" = 'student'
      GROUP BY k."lectureSlug", k."section"
    ) AS stop WHERE readers >= ${READERS_MIN}`;
  const lectures = new Map<string, { readers: number; stops: Map<string, number> }>();
  for (const { lectureSlug, section, students, readers } of rows) {
    const lecture = lectures.get(lectureSlug) ?? { readers, stops: new Map<string, number>() };
    lecture.stops.set(section, students);
    lectures.set(lectureSlug, lecture);
  }
  return lectures;
}

/** Students at one cell. */
export interface CellErrors {
  /** Who has run it, to its end or to an error. */
  readonly ran: number;
  /** For whom it has ended with an error, once or more. */
  readonly failed: number;
  /** For whom it has never run to its end. */
  readonly stillFails: number;
  /** For whom it has failed with the lecture's own text. */
  readonly failedAsGiven: number;
}

/** By lecture and cell, of those lectures that enough students have opened. */
export async function classCellErrors(
  tx: Tx,
  { runId, lectureSlug }: { readonly runId: string; readonly lectureSlug?: string },
): Promise<ReadonlyMap<string, ReadonlyMap<string, CellErrors>>> {
  const rows = await tx.$queryRaw<(CellErrors & { lectureSlug: string; cell: string })[]>`
    WITH kept AS (
      SELECT k."lectureSlug", k."ran", k."failed", k."failedAsGiven"
      FROM "LectureReading" AS k
      JOIN "Enrolment" AS n ON n."runId" = k."runId" AND n."userId" = k."userId"
      WHERE k."runId" = ${runId} AND n."role" = 'student'
        AND (${lectureSlug ?? null}::text IS NULL OR k."lectureSlug" = ${lectureSlug ?? null})
    ), enough AS (
      SELECT "lectureSlug" FROM kept GROUP BY 1 HAVING count(*) >= ${READERS_MIN}
    ), told AS (
      SELECT kept."lectureSlug", one.* FROM kept JOIN enough USING ("lectureSlug"), LATERAL (
        SELECT cell, 'ran' AS how, false AS still FROM unnest(kept."ran") AS cell
        UNION ALL
        SELECT cell, 'failed', cell <> ALL (kept."ran") FROM unnest(kept."failed") AS cell
        UNION ALL
        SELECT cell, 'given', false FROM unnest(kept."failedAsGiven") AS cell
      ) AS one
    )
    SELECT "lectureSlug", cell,
      count(*) FILTER (WHERE how = 'ran' OR still)::int AS ran,
      count(*) FILTER (WHERE how = 'failed')::int AS failed,
      count(*) FILTER (WHERE still)::int AS "stillFails",
      count(*) FILTER (WHERE how = 'given')::int AS "failedAsGiven"
    FROM told GROUP BY "lectureSlug", cell`;
  const lectures = new Map<string, Map<string, CellErrors>>();
  for (const { lectureSlug: slug, cell, ...errors } of rows) {
    const cells = lectures.get(slug) ?? new Map<string, CellErrors>();
    lectures.set(slug, cells.set(cell, errors));
  }
  return lectures;
}
