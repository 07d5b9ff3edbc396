import { READERS_MIN } from "#server/queries";
import css from "../class/[run]/progress/progress.module.css";
import controls from "../controls.module.css";
import { chooseCounting } from "./actions.ts";

interface CountingProps {
  runId: string;
  isCounted: boolean;
}

/** What is kept of a student's reading, who sees what of it, and the way to say no. */
export function Counting({ runId, isCounted }: CountingProps) {
  return (
    <section aria-labelledby="counting" className={css["part"]}>
      <h2 id="counting">What is counted of your reading</h2>
      <p className={css["words"]}>
        {isCounted
          ? "Of each lecture the site keeps the last section that you came to, and which cells have run or raised an error for you: no times, no order, nothing that you type, and no error’s text."
          : "Nothing is kept of how you read. Lectures, cells and exercises work as before."}
      </p>
      <p className={css["words"]}>
        Your teachers see sums alone, of lectures that {READERS_MIN} students or more have opened,
        to mend what stops many. It changes no grade, and goes with your account. You are the only
        one who sees your own line above, and you get it with the rest of{" "}
        <a href="/account">your data</a>.
      </p>
      <form action={chooseCounting}>
        <input type="hidden" name="run" value={runId} />
        <button
          className={controls["button"]}
          type="submit"
          name="counted"
          value={isCounted ? "no" : "yes"}
        >
          {isCounted ? "Forget it, and count no more" : "Count my reading again"}
        </button>
      </form>
    </section>
  );
}
