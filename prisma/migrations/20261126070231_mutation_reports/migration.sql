-- CreateTable
CREATE TABLE "MutationReport" (
    "versionId" TEXT NOT NULL,
    "tried" INTEGER NOT NULL,
    "killed" INTEGER NOT NULL,
    "survivors" JSONB NOT NULL,
    "madeAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "MutationReport_pkey" PRIMARY KEY ("versionId")
);

-- AddForeignKey
ALTER TABLE "MutationReport" ADD CONSTRAINT "MutationReport_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ContentVersion"("id") ON DELETE CASCADE ON UPDATE CASCADE;
