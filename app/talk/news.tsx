import { currentViewer } from "#server/auth";
import { db } from "#server/db";
import { unreadAnnouncements } from "#server/queries";
import { announcementsUrl } from "../class/talk-urls.ts";
import { LocalTime } from "../local-time.tsx";
import { ReadButton } from "./read-button.tsx";
import { TalkText } from "./said.tsx";
import css from "./talk.module.css";

const SHOWN_MAX = 3;

/** What the staff has announced and the viewer has not read; nothing for who belongs to no run. */
export async function News() {
  const viewer = await currentViewer();
  if (viewer === undefined) return null;
  const unread = await unreadAnnouncements(db(), viewer.userId, SHOWN_MAX);
  if (unread.length === 0) return null;
  return (
    <section className={css["news"]} aria-labelledby="news">
      <h2 id="news">Announced</h2>
      {unread.map(({ id, title, text, at, run }) => (
        <article key={id} className={css["entry"]} aria-label={title}>
          <h3>{title}</h3>
          <p className={css["by"]}>
            <a href={announcementsUrl(run.slug)}>{run.title}</a> ·{" "}
            <LocalTime at={at.toISOString()} />
          </p>
          <TalkText text={text} />
          <ReadButton announcement={id} title={title} />
        </article>
      ))}
    </section>
  );
}
