-- CreateEnum
CREATE TYPE "RegradeState" AS ENUM ('direct', 'dry', 'applied', 'undone', 'dismissed');

-- AlterTable
ALTER TABLE "CourseRun" ADD COLUMN     "dropLowest" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "Exercise" ADD COLUMN     "isHeld" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "weight" DOUBLE PRECISION NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "Regrade" ADD COLUMN     "reason" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "settledAt" TIMESTAMP(3),
ADD COLUMN     "settledById" TEXT,
ADD COLUMN     "state" "RegradeState" NOT NULL DEFAULT 'direct';

-- AlterTable
ALTER TABLE "RegradeEntry" ADD COLUMN     "resultAfterId" TEXT,
ADD COLUMN     "resultBeforeId" TEXT;

-- CreateTable
CREATE TABLE "GradeOverride" (
    "exerciseId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "points" DOUBLE PRECISION,
    "isExcused" BOOLEAN NOT NULL DEFAULT false,
    "comment" TEXT NOT NULL DEFAULT '',
    "setById" TEXT,
    "setAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "GradeOverride_pkey" PRIMARY KEY ("exerciseId","userId")
);

-- CreateTable
CREATE TABLE "LineComment" (
    "id" TEXT NOT NULL,
    "submissionId" TEXT NOT NULL,
    "line" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "authorId" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "LineComment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "GradeEvent" (
    "id" TEXT NOT NULL,
    "runId" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "stepId" TEXT NOT NULL,
    "exerciseId" TEXT,
    "userId" TEXT,
    "submissionId" TEXT,
    "actorId" TEXT,
    "before" JSONB,
    "after" JSONB,
    "reason" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "GradeEvent_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "GradeOverride_userId_idx" ON "GradeOverride"("userId");

-- CreateIndex
CREATE INDEX "LineComment_submissionId_idx" ON "LineComment"("submissionId");

-- CreateIndex
CREATE INDEX "GradeEvent_runId_id_idx" ON "GradeEvent"("runId", "id");

-- CreateIndex
CREATE INDEX "GradeEvent_userId_exerciseId_idx" ON "GradeEvent"("userId", "exerciseId");

-- CreateIndex
CREATE INDEX "GradeEvent_stepId_idx" ON "GradeEvent"("stepId");

-- CreateIndex
CREATE INDEX "SubmissionResult_versionId_idx" ON "SubmissionResult"("versionId");

-- AddForeignKey
ALTER TABLE "Regrade" ADD CONSTRAINT "Regrade_settledById_fkey" FOREIGN KEY ("settledById") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RegradeEntry" ADD CONSTRAINT "RegradeEntry_resultBeforeId_fkey" FOREIGN KEY ("resultBeforeId") REFERENCES "SubmissionResult"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RegradeEntry" ADD CONSTRAINT "RegradeEntry_resultAfterId_fkey" FOREIGN KEY ("resultAfterId") REFERENCES "SubmissionResult"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "GradeOverride" ADD CONSTRAINT "GradeOverride_exerciseId_fkey" FOREIGN KEY ("exerciseId") REFERENCES "Exercise"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "GradeOverride" ADD CONSTRAINT "GradeOverride_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "GradeOverride" ADD CONSTRAINT "GradeOverride_setById_fkey" FOREIGN KEY ("setById") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LineComment" ADD CONSTRAINT "LineComment_submissionId_fkey" FOREIGN KEY ("submissionId") REFERENCES "Submission"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LineComment" ADD CONSTRAINT "LineComment_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "GradeEvent" ADD CONSTRAINT "GradeEvent_runId_fkey" FOREIGN KEY ("runId") REFERENCES "CourseRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;
