import css from "./exercise.module.css";
import { Moment } from "./moment.tsx";

interface DeadlineProps {
  /** ms since 1970. */
  at: number;
  /** The class's. */
  timeZone: string;
}

/** A date in the reader's own zone, with the class's beside it. */
export function Deadline({ at, timeZone }: DeadlineProps) {
  return (
    <>
      <Moment at={at} />{" "}
      <span className={css["zone"]}>
        ({inZone(at, timeZone)} {timeZone.replaceAll("_", " ")})
      </span>
    </>
  );
}

function inZone(at: number, timeZone: string): string {
  return new Date(at)
    .toLocaleString("en-GB", {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      timeZone,
    })
    .replaceAll(",", "");
}
