/**
 * How far students read in lectures, and which cells fail for them. What is kept of one student is
 * what the pages about it need: no times, no order, nothing that is typed.
 */
import type { Tx } from "../db/index.ts";
import { RUN_OF_PAGES } from "./exercise.ts";

/** What a page tells of one visit. Told twice, or by two devices, it is the same. */
export interface Reading {
  /** The section that was reached; "": the lecture was opened. */
  readonly section: string;
  /** Cells that have run to their end. */
  readonly ran: readonly string[];
  /** Cells that have ended with an error. */
  readonly failed: readonly string[];
  /** Those of them that did so with the lecture's own text. */
  readonly failedAsGiven: readonly string[];
}

interface ReadingKey {
  readonly runId: string;
  readonly userId: string;
  readonly lectureSlug: string;
}

/** The run that the pages of a reader belong to, as far as counting goes. */
export interface RunOfReader {
  readonly runId: string;
  readonly slug: string;
  readonly title: string;
  readonly isArchived: boolean;
  /** False: the reader has said no. */
  readonly isCounted: boolean;
}

/** undefined: they are in none. */
export async function runOfReader(tx: Tx, userId: string): Promise<RunOfReader | undefined> {
  const enrolled = await tx.enrolment.findFirst({
    where: { userId },
    orderBy: [...RUN_OF_PAGES],
    select: {
      runId: true,
      isReadingCounted: true,
      run: { select: { slug: true, title: true, archivedAt: true } },
    },
  });
  if (enrolled === null) return undefined;
  const { runId, isReadingCounted: isCounted, run } = enrolled;
  return {
    runId,
    slug: run.slug,
    title: run.title,
    isArchived: run.archivedAt !== null,
    isCounted,
  };
}

/** Adds a visit. Of two sections the later one stays; `sections` has them in their order. */
export async function keepReading(
  tx: Tx,
  { runId, userId, lectureSlug }: ReadingKey,
  { section, ran, failed, failedAsGiven }: Reading,
  sections: readonly string[],
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "LectureReading" AS kept
      ("runId", "userId", "lectureSlug", "section", "ran", "failed", "failedAsGiven")
    VALUES (${runId}, ${userId}, ${lectureSlug}, ${section}, ${[...ran]}, ${[...failed]}, ${[...failedAsGiven]})
    ON CONFLICT ("runId", "userId", "lectureSlug") DO UPDATE SET
      "section" = CASE
        WHEN coalesce(array_position(${[...sections]}, EXCLUDED."section"), 0)
          > coalesce(array_position(${[...sections]}, kept."section"), 0)
        THEN EXCLUDED."section" ELSE kept."section" END,
      "ran" = ARRAY(SELECT DISTINCT unnest(kept."ran" || EXCLUDED."ran") ORDER BY 1),
      "failed" = ARRAY(SELECT DISTINCT unnest(kept."failed" || EXCLUDED."failed") ORDER BY 1),
      "failedAsGiven" = ARRAY(
        SELECT DISTINCT unnest(kept."failedAsGiven" || EXCLUDED."failedAsGiven") ORDER BY 1)`;
}

/** Lets it be counted from now on; or no longer, and forgets what was. */
export async function setReadingCounted(
  tx: Tx,
  key: { readonly runId: string; readonly userId: string },
  isCounted: boolean,
): Promise<void> {
  await tx.enrolment.update({
    where: { runId_userId: key },
    data: { isReadingCounted: isCounted },
  });
  if (!isCounted) await tx.lectureReading.deleteMany({ where: key });
}

/** What is kept of one student, by lecture. */
export async function ownReading(
  tx: Tx,
  key: { readonly runId: string; readonly userId: string },
): Promise<ReadonlyMap<string, Reading>> {
  const rows = await tx.lectureReading.findMany({
    where: key,
    select: { lectureSlug: true, section: true, ran: true, failed: true, failedAsGiven: true },
  });
  return new Map(rows.map(({ lectureSlug, ...reading }) => [lectureSlug, reading]));
}
