/** What a student is told of a submission that is stored. */
import type { SubmissionReceipt } from "#notebook/document";

/** The columns of a receipt. */
export const RECEIPT = {
  id: true,
  attempt: true,
  receivedAt: true,
  sourceHash: true,
  latePercent: true,
} as const;

interface ReceiptRow {
  readonly id: string;
  readonly attempt: number;
  readonly receivedAt: Date;
  readonly sourceHash: string;
  readonly latePercent: number;
}

export function receiptOf({ receivedAt, ...row }: ReceiptRow): SubmissionReceipt {
  const { id, attempt, sourceHash, latePercent } = row;
  return { id, attempt, receivedAt: receivedAt.getTime(), sourceHash, latePercent };
}
