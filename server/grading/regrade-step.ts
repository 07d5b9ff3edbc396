/** What a dry run has found becomes the grades in one step, and is taken back in one. */
import type { Tx } from "../db/client.ts";
import { type RegradeKey, undoRepeat } from "./undo-repeat.ts";
import { applyWorth, undoWorth } from "./worth.ts";

export type RegradeStep =
  | { readonly kind: "done"; readonly changed: number }
  /** Somebody else has settled it otherwise meanwhile. */
  | { readonly kind: "settled" }
  /** Some submissions still wait for the new version. */
  | { readonly kind: "unfinished" }
  /** The exercise was published once more meanwhile: what was tried is not what counts now. */
  | { readonly kind: "outdated" };

/** Makes the tried results the grades, wherever the grade is still the one that it was compared with. */
export async function applyRegrade(tx: Tx, key: RegradeKey, reason: string): Promise<RegradeStep> {
  const regrade = await lockRegrade(tx, key);
  if (regrade === undefined || !["dry", "undone", "dismissed"].includes(regrade.state)) {
    return { kind: "settled" };
  }
  // What a repeat has found is not kept once it was taken back.
  const { versionId, exerciseId } = regrade;
  if (versionId === null || exerciseId === null) return { kind: "settled" };
  if (await isUnfinished(tx, key.regradeId)) return { kind: "unfinished" };
  if (!(await isNewest(tx, regrade))) return { kind: "outdated" };
  const changed = await moveGrades(tx, key, reason, "forward");
  await applyWorth(tx, key, { exerciseId, versionId }, reason);
  await settle(tx, key, { state: "applied", reason });
  return { kind: "done", changed };
}

/** Brings the grades from before an applied dry run or a repeat back, wherever they are still what it has made them. */
export async function undoRegrade(tx: Tx, key: RegradeKey): Promise<RegradeStep> {
  const regrade = await lockRegrade(tx, key);
  if (regrade?.state !== "applied" && regrade?.state !== "direct") return { kind: "settled" };
  const isRepeat = regrade.state === "direct";
  if (isRepeat && (await isUnfinished(tx, key.regradeId))) return { kind: "unfinished" };
  const changed = isRepeat
    ? await undoRepeat(tx, key)
    : await moveGrades(tx, key, regrade.reason, "back");
  if (!isRepeat) await undoWorth(tx, key, regrade.reason);
  await settle(tx, key, { state: "undone" });
  return { kind: "done", changed };
}

/** Puts a dry run away; what it still waits for, is graded for nothing. */
export async function dismissRegrade(tx: Tx, key: RegradeKey): Promise<RegradeStep> {
  const regrade = await lockRegrade(tx, key);
  if (regrade?.state !== "dry") return { kind: "settled" };
  await settle(tx, key, { state: "dismissed" });
  return { kind: "done", changed: 0 };
}

interface LockedRegrade {
  readonly state: string;
  readonly reason: string;
  readonly versionId: string | null;
  readonly exerciseId: string | null;
}

async function lockRegrade(
  tx: Tx,
  { runId, regradeId }: RegradeKey,
): Promise<LockedRegrade | undefined> {
  const [row] = await tx.$queryRaw<LockedRegrade[]>`
    SELECT "state"::text, "reason", "versionId", "exerciseId" FROM "Regrade"
    WHERE "id" = ${regradeId} AND "runId" = ${runId} FOR UPDATE`;
  return row;
}

async function isUnfinished(tx: Tx, regradeId: string): Promise<boolean> {
  return (await tx.regradeEntry.count({ where: { regradeId, endedAt: null } })) > 0;
}

async function isNewest(tx: Tx, { versionId, exerciseId }: LockedRegrade): Promise<boolean> {
  if (versionId === null || exerciseId === null) return false;
  const newest = await tx.exerciseVersion.findFirst({
    where: { exerciseId },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return newest?.id === versionId;
}

/** One statement: of each submission exactly one result counts, before and after. Answers how many grades differ. */
async function moveGrades(
  tx: Tx,
  { runId, regradeId, actorId }: RegradeKey,
  reason: string,
  direction: "forward" | "back",
): Promise<number> {
  const isForward = direction === "forward";
  const kind = isForward ? "regrade-applied" : "regrade-undone";
  return tx.$executeRaw`
    WITH moving AS (
      SELECT entry."submissionId" AS submission, old."id" AS old, new."id" AS new,
        jsonb_build_object('status', old."status", 'score', old."score") AS before,
        jsonb_build_object('status', new."status", 'score', new."score") AS after
      FROM "RegradeEntry" AS entry
      JOIN "SubmissionResult" AS old
        ON old."id" = CASE WHEN ${isForward} THEN entry."resultBeforeId" ELSE entry."resultAfterId" END
        AND old."counts"
        AND old."score" = CASE WHEN ${isForward} THEN entry."scoreBefore" ELSE entry."scoreAfter" END
        AND old."status" = CASE WHEN ${isForward} THEN entry."statusBefore" ELSE entry."statusAfter" END
      JOIN "SubmissionResult" AS new
        ON new."id" = CASE WHEN ${isForward} THEN entry."resultAfterId" ELSE entry."resultBeforeId" END
      WHERE entry."regradeId" = ${regradeId} AND NOT entry."isCancelled"
    ),
    moved AS (
      UPDATE "SubmissionResult" AS r SET "counts" = (r."id" = moving.new)
      FROM moving WHERE r."id" IN (moving.old, moving.new)
    )
    INSERT INTO "GradeEvent" ("id", "runId", "kind", "stepId", "exerciseId", "userId", "submissionId",
      "actorId", "before", "after", "reason")
    SELECT gen_random_uuid()::text, ${runId}, ${kind}, ${regradeId}, s."exerciseId", s."userId", s."id",
      ${actorId}, moving.before, moving.after, ${reason}
    FROM moving JOIN "Submission" AS s ON s."id" = moving.submission
    WHERE moving.before <> moving.after`;
}

async function settle(
  tx: Tx,
  { regradeId, actorId }: RegradeKey,
  data: { state: "applied" | "undone" | "dismissed"; reason?: string },
): Promise<void> {
  await tx.regrade.update({
    where: { id: regradeId },
    data: { ...data, settledById: actorId, settledAt: new Date() },
  });
}
