-- AlterTable
ALTER TABLE "SubmissionResult" ADD COLUMN     "counts" BOOLEAN NOT NULL DEFAULT true;

-- CreateTable
CREATE TABLE "Regrade" (
    "id" TEXT NOT NULL,
    "runId" TEXT NOT NULL,
    "exerciseId" TEXT,
    "askedById" TEXT,
    "askedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Regrade_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RegradeEntry" (
    "id" TEXT NOT NULL,
    "regradeId" TEXT NOT NULL,
    "submissionId" TEXT NOT NULL,
    "statusBefore" TEXT,
    "scoreBefore" INTEGER,
    "statusAfter" TEXT,
    "scoreAfter" INTEGER,
    "endedAt" TIMESTAMP(3),
    "cancelledAt" TIMESTAMP(3),

    CONSTRAINT "RegradeEntry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Regrade_runId_askedAt_idx" ON "Regrade"("runId", "askedAt");

-- CreateIndex
CREATE INDEX "RegradeEntry_regradeId_idx" ON "RegradeEntry"("regradeId");

-- CreateIndex
CREATE INDEX "RegradeEntry_submissionId_idx" ON "RegradeEntry"("submissionId");

-- AddForeignKey
ALTER TABLE "Regrade" ADD CONSTRAINT "Regrade_runId_fkey" FOREIGN KEY ("runId") REFERENCES "CourseRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Regrade" ADD CONSTRAINT "Regrade_exerciseId_fkey" FOREIGN KEY ("exerciseId") REFERENCES "Exercise"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Regrade" ADD CONSTRAINT "Regrade_askedById_fkey" FOREIGN KEY ("askedById") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RegradeEntry" ADD CONSTRAINT "RegradeEntry_regradeId_fkey" FOREIGN KEY ("regradeId") REFERENCES "Regrade"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RegradeEntry" ADD CONSTRAINT "RegradeEntry_submissionId_fkey" FOREIGN KEY ("submissionId") REFERENCES "Submission"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Of several results of one submission, the newest that is not the grader's own fault counts.
UPDATE "SubmissionResult" AS "older" SET "counts" = false
WHERE EXISTS (
  SELECT FROM "SubmissionResult" AS "newer"
  WHERE "newer"."submissionId" = "older"."submissionId" AND "newer"."id" <> "older"."id"
    AND ("newer"."status" <> 'internal-error', "newer"."gradedAt", "newer"."id")
      > ("older"."status" <> 'internal-error', "older"."gradedAt", "older"."id")
);
