-- AlterTable
ALTER TABLE "Enrolment" ADD COLUMN     "isReadingCounted" BOOLEAN NOT NULL DEFAULT true;

-- CreateTable
CREATE TABLE "LectureReading" (
    "runId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "lectureSlug" TEXT NOT NULL,
    "section" TEXT NOT NULL DEFAULT '',
    "ran" TEXT[],
    "failed" TEXT[],
    "failedAsGiven" TEXT[],

    CONSTRAINT "LectureReading_pkey" PRIMARY KEY ("runId","userId","lectureSlug")
);

-- CreateIndex
CREATE INDEX "LectureReading_userId_idx" ON "LectureReading"("userId");

-- AddForeignKey
ALTER TABLE "LectureReading" ADD CONSTRAINT "LectureReading_runId_fkey" FOREIGN KEY ("runId") REFERENCES "CourseRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LectureReading" ADD CONSTRAINT "LectureReading_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
