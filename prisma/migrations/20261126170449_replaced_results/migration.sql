-- AlterTable
ALTER TABLE "RegradeEntry" ADD COLUMN     "replaced" JSONB;
