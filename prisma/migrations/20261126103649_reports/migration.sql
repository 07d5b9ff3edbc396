-- CreateEnum
CREATE TYPE "ExerciseKind" AS ENUM ('code', 'report');

-- AlterTable
ALTER TABLE "Exercise" ADD COLUMN     "kind" "ExerciseKind" NOT NULL DEFAULT 'code';

-- AlterTable
ALTER TABLE "SubmissionResult" ADD COLUMN     "gradedById" TEXT;

-- AddForeignKey
ALTER TABLE "SubmissionResult" ADD CONSTRAINT "SubmissionResult_gradedById_fkey" FOREIGN KEY ("gradedById") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
