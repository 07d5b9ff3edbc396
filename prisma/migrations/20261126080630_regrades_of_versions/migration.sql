-- DropIndex
DROP INDEX "GradeEvent_runId_id_idx";

-- AlterTable
ALTER TABLE "Regrade" ADD COLUMN     "versionId" TEXT;

-- CreateIndex
CREATE INDEX "GradeEvent_runId_at_idx" ON "GradeEvent"("runId", "at");

-- AddForeignKey
ALTER TABLE "Regrade" ADD CONSTRAINT "Regrade_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ExerciseVersion"("id") ON DELETE SET NULL ON UPDATE CASCADE;
