-- CreateEnum
CREATE TYPE "MailKind" AS ENUM ('announcement', 'question', 'answer', 'invitation', 'password_link');

-- CreateEnum
CREATE TYPE "MailPace" AS ENUM ('at_once', 'daily', 'never');

-- CreateEnum
CREATE TYPE "MailState" AS ENUM ('waiting', 'sent', 'failed', 'dropped');

-- AlterTable
ALTER TABLE "Invitation" ADD COLUMN     "email" TEXT;

-- CreateTable
CREATE TABLE "MailChoice" (
    "userId" TEXT NOT NULL,
    "kind" "MailKind" NOT NULL,
    "pace" "MailPace" NOT NULL,

    CONSTRAINT "MailChoice_pkey" PRIMARY KEY ("userId","kind")
);

-- CreateTable
CREATE TABLE "Mail" (
    "id" TEXT NOT NULL,
    "kind" "MailKind" NOT NULL,
    "userId" TEXT,
    "announcementId" TEXT,
    "questionId" TEXT,
    "answerId" TEXT,
    "invitationId" TEXT,
    "pace" "MailPace" NOT NULL DEFAULT 'at_once',
    "state" "MailState" NOT NULL DEFAULT 'waiting',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "endedAt" TIMESTAMP(3),
    "problem" TEXT,

    CONSTRAINT "Mail_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Mail_userId_state_idx" ON "Mail"("userId", "state");

-- CreateIndex
CREATE INDEX "Mail_state_createdAt_idx" ON "Mail"("state", "createdAt");

-- CreateIndex
CREATE INDEX "Mail_announcementId_idx" ON "Mail"("announcementId");

-- CreateIndex
CREATE INDEX "Mail_questionId_idx" ON "Mail"("questionId");

-- CreateIndex
CREATE INDEX "Mail_answerId_idx" ON "Mail"("answerId");

-- CreateIndex
CREATE INDEX "Mail_invitationId_idx" ON "Mail"("invitationId");

-- AddForeignKey
ALTER TABLE "MailChoice" ADD CONSTRAINT "MailChoice_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Mail" ADD CONSTRAINT "Mail_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Mail" ADD CONSTRAINT "Mail_announcementId_fkey" FOREIGN KEY ("announcementId") REFERENCES "Announcement"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Mail" ADD CONSTRAINT "Mail_questionId_fkey" FOREIGN KEY ("questionId") REFERENCES "Question"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Mail" ADD CONSTRAINT "Mail_answerId_fkey" FOREIGN KEY ("answerId") REFERENCES "Answer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Mail" ADD CONSTRAINT "Mail_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
