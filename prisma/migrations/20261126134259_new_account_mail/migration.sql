-- AlterEnum
ALTER TYPE "MailKind" ADD VALUE 'new_account';
