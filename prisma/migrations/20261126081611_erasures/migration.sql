-- CreateTable
CREATE TABLE "Erasure" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "byId" TEXT,
    "work" TEXT NOT NULL,
    "steps" JSONB NOT NULL,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Erasure_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Erasure_byId_idx" ON "Erasure"("byId");

-- AddForeignKey
ALTER TABLE "Erasure" ADD CONSTRAINT "Erasure_byId_fkey" FOREIGN KEY ("byId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
