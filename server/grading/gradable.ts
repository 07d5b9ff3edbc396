/** What a submission is graded with: its text, and the version of the exercise. */
import type { ExerciseManifest } from "#notebook/document";
import type { Tx } from "../db/client.ts";
import type { GradedExercise } from "./grade.ts";
import type { GradingJob } from "./queue.ts";
import { OUR_FAULT } from "./stored-result.ts";

/** A submission with the version that it is to be graded with now. */
export interface GradableSubmission {
  readonly id: string;
  readonly userId: string;
  readonly source: string;
  readonly versionId: string;
  readonly exercise: GradedExercise;
  readonly isGraded: boolean;
}

/**
 * A first grading and a dry run use the newest version. A repeat uses the one that has graded the
 * submission: a version that was published since becomes the grades' only by a dry run that is
 * applied. What was never graded but for a failure of ours is graded as if for the first time.
 */
export async function gradableSubmission(
  tx: Tx,
  { submissionId, isRegrade, isDry = false }: WhatFor,
): Promise<GradableSubmission | undefined> {
  const submission = await tx.submission.findUnique({
    where: { id: submissionId },
    select: {
      id: true,
      userId: true,
      source: true,
      exercise: { select: { versions: { orderBy: { createdAt: "desc" }, take: 1 } } },
      results: { select: { counts: true, status: true, version: true } },
    },
  });
  if (submission === null) return undefined;
  const { id, userId, source, exercise, results } = submission;
  const graded = results.find(({ counts, status }) => counts && status !== OUR_FAULT);
  const isRepeat = isRegrade && !isDry;
  const version = (isRepeat ? graded?.version : undefined) ?? exercise.versions[0];
  if (version === undefined) return undefined;
  const judge = new TextDecoder().decode(version.judge);
  const manifest = version.manifest as unknown as ExerciseManifest;
  return {
    id,
    userId,
    source,
    versionId: version.id,
    exercise: { manifest, hash: version.hash, judge },
    isGraded: results.some(({ counts }) => counts),
  };
}

type WhatFor = Pick<GradingJob, "submissionId" | "isRegrade" | "isDry">;
