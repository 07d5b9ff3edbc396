-- AlterTable
ALTER TABLE "MutationReport" ADD COLUMN     "unjudged" JSONB NOT NULL DEFAULT '[]';
