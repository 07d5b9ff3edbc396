import { readAnnouncement } from "../class/[run]/announcements/actions.ts";
import controls from "../controls.module.css";

/** Puts an announcement away: it was read. */
export function ReadButton({ announcement, title }: { announcement: string; title: string }) {
  return (
    <form action={readAnnouncement}>
      <button
        type="submit"
        className={controls["button"]}
        name="announcement"
        value={announcement}
        aria-label={`I have read it: ${title}`}
      >
        I have read it
      </button>
    </form>
  );
}
