import type { SubmissionReceipt } from "#notebook/document";
import { Icon } from "../icon.tsx";
import css from "./exercise.module.css";

/** Handed in for good; what it is worth is said later. */
export function NotReleased({ receipt }: { receipt: SubmissionReceipt }) {
  return (
    <p className={css["notice"]}>
      <Icon name="clock" />
      <span>
        <b>Attempt {receipt.attempt}: not released yet.</b> It is handed in; points and results are
        shown when the staff releases the grades of this exercise.
      </span>
    </p>
  );
}
