/** What a repeat has replaced is brought back in one statement. */
import type { Tx } from "../db/client.ts";

export interface RegradeKey {
  readonly runId: string;
  readonly regradeId: string;
  /** Who does it. */
  readonly actorId: string;
}

/**
 * Puts the results back whose place the repeat's have taken, wherever the grade is still the one that
 * the repeat has made: the same result, so that one of another version is left alone, with the same
 * score. Where there was no grade before but a failure of ours, the new one stays. Answers how many
 * grades that were.
 */
export async function undoRepeat(
  tx: Tx,
  { runId, regradeId, actorId }: RegradeKey,
): Promise<number> {
  return tx.$executeRaw`
    WITH going AS (
      SELECT r."id", r."submissionId", entry."replaced" AS old,
        jsonb_build_object('status', r."status", 'score', r."score") AS before
      FROM "RegradeEntry" AS entry
      JOIN "SubmissionResult" AS r ON r."id" = entry."replaced" ->> 'id' AND r."counts"
        AND r."status" = entry."statusAfter" AND r."score" = entry."scoreAfter"
      WHERE entry."regradeId" = ${regradeId} AND entry."replaced" IS NOT NULL
      FOR UPDATE OF r
    ),
    back AS (
      UPDATE "SubmissionResult" AS r SET "status" = old ->> 'status', "score" = (old ->> 'score')::int,
        "max" = (old ->> 'max')::int, "tests" = old -> 'tests', "message" = old ->> 'message',
        "ms" = (old ->> 'ms')::int, "gradedAt" = (old ->> 'gradedAt')::timestamptz AT TIME ZONE 'UTC'
      FROM going WHERE r."id" = going."id"
    )
    INSERT INTO "GradeEvent" ("id", "runId", "kind", "stepId", "exerciseId", "userId", "submissionId",
      "actorId", "before", "after")
    SELECT gen_random_uuid()::text, ${runId}, 'repeat-undone', ${regradeId}, s."exerciseId", s."userId",
      s."id", ${actorId}, going.before,
      jsonb_build_object('status', old -> 'status', 'score', old -> 'score')
    FROM going JOIN "Submission" AS s ON s."id" = going."submissionId"`;
}
