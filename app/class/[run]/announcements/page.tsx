import type { Metadata } from "next";
import { db } from "#server/db";
import { announcementsOf, type ListedAnnouncement } from "#server/queries";
import controls from "../../../controls.module.css";
import { LocalTime } from "../../../local-time.tsx";
import { ReadButton } from "../../../talk/read-button.tsx";
import { TalkText } from "../../../talk/said.tsx";
import css from "../../../talk/talk.module.css";
import { requireMember } from "../../talk-access.ts";
import { announcementsUrl, questionsUrl } from "../../talk-urls.ts";
import { removeAnnouncement } from "./actions.ts";
import { AnnounceForm, ChangeForm } from "./announce-form.tsx";

export const metadata: Metadata = { title: "Announcements" };

const ANNOUNCEMENTS_MAX = 200;

/** What the staff of a run has said to everybody in it. */
export default async function AnnouncementsPage({ params }: { params: Promise<{ run: string }> }) {
  const { run: slug } = await params;
  const { run, viewer, reader } = await requireMember(slug, announcementsUrl(slug));
  const announcements = await announcementsOf(db(), reader, ANNOUNCEMENTS_MAX);
  return (
    <main className={css["talk"]} id="main">
      <h1>Announcements</h1>
      <p className={css["where"]}>
        {run.title} · <a href={questionsUrl(slug)}>Questions</a>
      </p>
      {reader.isStaff && (
        <section className={css["entry"]} data-first="" aria-label="A new announcement">
          <AnnounceForm run={slug} kept={`${viewer.userId} announce ${run.id}`} />
        </section>
      )}
      {announcements.length === 0 && <p className={css["where"]}>Nothing was announced yet.</p>}
      {announcements.map((announcement) => (
        <Announcement key={announcement.id} announcement={announcement} isStaff={reader.isStaff} />
      ))}
    </main>
  );
}

interface AnnouncementProps {
  announcement: ListedAnnouncement;
  isStaff: boolean;
}

function Announcement({ announcement, isStaff }: AnnouncementProps) {
  const { id, title, text, author, at, editedAt, isRemoved, isRead } = announcement;
  return (
    <article className={css["entry"]} aria-label={title}>
      <h2>{title}</h2>
      <p className={css["by"]}>
        {author !== undefined && `${author} · `}
        <LocalTime at={at.toISOString()} />
        {editedAt !== undefined && ", changed since"}
        {isRemoved && " · taken away: only the staff sees it"}
      </p>
      <TalkText text={text} />
      <div className={css["actions"]}>
        {!isRead && !isStaff && <ReadButton announcement={id} title={title} />}
        {isStaff && (
          <>
            <form action={removeAnnouncement}>
              <input type="hidden" name="announcement" value={id} />
              <button
                type="submit"
                className={controls["button"]}
                name="removed"
                value={isRemoved ? "no" : "yes"}
              >
                {isRemoved ? "Bring back" : "Take away"}
              </button>
            </form>
            <ChangeForm announcement={id} title={title} text={text} />
          </>
        )}
      </div>
    </article>
  );
}
