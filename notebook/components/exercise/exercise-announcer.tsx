import type { Message } from "#notebook/session";
import css from "./exercise.module.css";

/** Says what has happened, once, to who does not see it. */
export function ExerciseAnnouncer({ message }: { message: Message | undefined }) {
  const text = (tone: Message["tone"]) =>
    message?.tone === tone ? <span key={message.number}>{message.text}</span> : null;
  return (
    <div className={css["unseen"]}>
      <div role="status" aria-live="polite" data-announcer="">
        {text("polite")}
      </div>
      <div role="alert" aria-live="assertive" data-announcer="">
        {text("assertive")}
      </div>
    </div>
  );
}
