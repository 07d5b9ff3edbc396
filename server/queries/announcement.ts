/** What the staff of a run says to everybody in it. */
import type { Tx } from "../db/index.ts";

export interface ListedAnnouncement {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly author: string | undefined;
  readonly at: Date;
  readonly editedAt: Date | undefined;
  readonly isRemoved: boolean;
  readonly isRead: boolean;
}

/** The newest first; those that were taken away only for the staff. */
export async function announcementsOf(
  tx: Tx,
  { runId, userId, isStaff }: { runId: string; userId: string; isStaff: boolean },
  limit: number,
): Promise<readonly ListedAnnouncement[]> {
  const rows = await tx.announcement.findMany({
    where: isStaff ? { runId } : { runId, removedAt: null },
    orderBy: [{ writtenAt: "desc" }, { id: "desc" }],
    take: limit,
    include: {
      author: { select: { name: true } },
      readBy: { where: { userId }, select: { readAt: true } },
    },
  });
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    text: row.text,
    author: row.author?.name,
    at: row.writtenAt,
    editedAt: row.editedAt ?? undefined,
    isRemoved: row.removedAt !== null,
    isRead: row.readBy.length > 0,
  }));
}

export interface UnreadAnnouncement {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly at: Date;
  readonly run: { readonly slug: string; readonly title: string };
}

/** What the person has not read in the runs that they are enrolled in, but what they wrote. */
export async function unreadAnnouncements(
  tx: Tx,
  userId: string,
  limit: number,
): Promise<readonly UnreadAnnouncement[]> {
  const rows = await tx.announcement.findMany({
    where: {
      removedAt: null,
      NOT: { authorId: userId },
      run: { enrolments: { some: { userId } } },
      readBy: { none: { userId } },
    },
    orderBy: [{ writtenAt: "desc" }, { id: "desc" }],
    take: limit,
    select: {
      id: true,
      title: true,
      text: true,
      writtenAt: true,
      run: { select: { slug: true, title: true } },
    },
  });
  return rows.map(({ writtenAt, ...announcement }) => ({ ...announcement, at: writtenAt }));
}

/** The run of an announcement that may be read; undefined: there is none. */
export async function announcementRun(tx: Tx, id: string): Promise<string | undefined> {
  const row = await tx.announcement.findUnique({ where: { id }, select: { runId: true } });
  return row?.runId;
}

export async function insertAnnouncement(
  tx: Tx,
  data: { runId: string; authorId: string; title: string; text: string },
): Promise<string> {
  return (await tx.announcement.create({ data, select: { id: true } })).id;
}

/** Who has read it has not read what it says now. */
export async function editAnnouncement(
  tx: Tx,
  id: string,
  data: { title: string; text: string },
): Promise<void> {
  await tx.announcement.update({ where: { id }, data: { ...data, editedAt: new Date() } });
  await tx.announcementRead.deleteMany({ where: { announcementId: id } });
}

export async function setAnnouncementRemoved(
  tx: Tx,
  id: string,
  isRemoved: boolean,
): Promise<void> {
  await tx.announcement.update({
    where: { id },
    data: { removedAt: isRemoved ? new Date() : null },
  });
}

export async function markAnnouncementRead(
  tx: Tx,
  { announcementId, userId }: { announcementId: string; userId: string },
): Promise<void> {
  await tx.announcementRead.createMany({ data: { announcementId, userId }, skipDuplicates: true });
}
