import type { Tx } from "../db/index.ts";

/**
 * The model solution of an exercise of the run's course as it is published. For whom is the policy's
 * business.
 */
export async function modelSolution(
  tx: Tx,
  { runId, slug }: { readonly runId: string; readonly slug: string },
): Promise<string | undefined> {
  const [found] = await tx.$queryRaw<{ bytes: Uint8Array }[]>`
    SELECT blob."bytes"
    FROM "CourseRun" AS run
    JOIN "ContentDocument" AS document ON document."courseId" = run."courseId"
    JOIN LATERAL (
      SELECT "versionId" FROM "ContentPublication"
      WHERE "documentId" = document."id" ORDER BY "id" DESC LIMIT 1
    ) AS published ON true
    JOIN "ContentVersion" AS version ON version."id" = published."versionId"
    JOIN "ContentBlob" AS blob ON blob."hash" = version."files" ->> 'solution.ts'
    WHERE run."id" = ${runId} AND document."kind" = 'exercise'
      AND right(document."path", length(${slug}) + 1) = '/' || ${slug}`;
  return found && new TextDecoder().decode(found.bytes);
}
