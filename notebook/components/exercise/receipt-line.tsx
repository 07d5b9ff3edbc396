import type { SubmissionReceipt } from "#notebook/document";
import css from "./exercise.module.css";
import { Moment } from "./moment.tsx";

/** Time, number and hash of a submission: its permanent receipt has a page of its own. */
export function ReceiptLine({ receipt }: { receipt: SubmissionReceipt }) {
  return (
    <p className={css["receipt"]}>
      Receipt: received <Moment at={receipt.receivedAt} isExact />,{" "}
      <a href={`/submissions/${receipt.id}`}>
        submission <code>{receipt.id}</code>
      </a>
      , SHA-256 <code>{receipt.sourceHash}</code>
    </p>
  );
}
