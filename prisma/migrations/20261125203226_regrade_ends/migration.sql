-- AlterTable
ALTER TABLE "RegradeEntry" DROP COLUMN "cancelledAt",
ADD COLUMN     "isCancelled" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "RegradeEntry_endedAt_idx" ON "RegradeEntry"("endedAt");
