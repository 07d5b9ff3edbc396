"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { currentViewer } from "#server/auth";
import { db, transaction } from "#server/db";
import { mailAnnouncement } from "#server/mail";
import { mayLeadTalk, mayTalk } from "#server/policies";
import {
  announcementRun,
  editAnnouncement,
  insertAnnouncement,
  markAnnouncementRead,
  setAnnouncementRemoved,
} from "#server/queries";
import { memberOfRun } from "../../talk-access.ts";
import { TEXT_LENGTH_MAX, TITLE_LENGTH_MAX } from "../questions/limits.ts";

const Name = z.string().min(1).max(200);
const Said = {
  title: z
    .string()
    .trim()
    .min(1, "The title is missing.")
    .max(TITLE_LENGTH_MAX, `A title has at most ${TITLE_LENGTH_MAX} characters.`),
  text: z
    .string()
    .trim()
    .min(1, "Nothing is written yet.")
    .max(TEXT_LENGTH_MAX, `That is longer than ${TEXT_LENGTH_MAX} characters: make it shorter.`),
};
const NewInput = z.object({ run: Name, ...Said });
const EditInput = z.object({ announcement: Name, ...Said });

export type AnnounceState =
  | { readonly kind: "empty" | "stored" }
  | { readonly kind: "invalid"; readonly problem: string }
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-allowed" };

/** Says something to everybody in the run. */
export async function announce(_before: AnnounceState, form: FormData): Promise<AnnounceState> {
  const parsed = NewInput.safeParse(given(form));
  if (!parsed.success) return invalid(parsed.error);
  const { run: slug, title, text } = parsed.data;
  const viewer = await currentViewer();
  if (viewer === undefined) return { kind: "denied", because: "signed-out" };
  const member = await memberOfRun(slug);
  if (member?.reader.isStaff !== true) return { kind: "denied", because: "not-allowed" };
  const { run } = member;
  const by = { runId: run.id, authorId: viewer.userId };
  await transaction(async (tx) => {
    const announcementId = await insertAnnouncement(tx, { ...by, title, text });
    await mailAnnouncement(tx, { ...by, announcementId });
  });
  revalidatePath("/", "layout");
  return { kind: "stored" };
}

/** Changes what was said; it is new again to everybody. */
export async function changeAnnouncement(
  _before: AnnounceState,
  form: FormData,
): Promise<AnnounceState> {
  const parsed = EditInput.safeParse(given(form));
  if (!parsed.success) return invalid(parsed.error);
  const { announcement, ...said } = parsed.data;
  const viewer = await currentViewer();
  return transaction(async (tx): Promise<AnnounceState> => {
    const runId = await announcementRun(tx, announcement);
    if (runId === undefined) return { kind: "denied", because: "not-allowed" };
    const decision = mayLeadTalk(viewer, runId);
    if (decision.kind === "denied") return decision;
    await editAnnouncement(tx, announcement, said);
    revalidatePath("/", "layout");
    return { kind: "stored" };
  });
}

const RemoveInput = z.object({ announcement: Name, removed: z.enum(["yes", "no"]) });

/** Takes an announcement away, or brings it back. */
export async function removeAnnouncement(form: FormData): Promise<void> {
  const parsed = RemoveInput.safeParse(given(form));
  if (!parsed.success) return;
  const { announcement, removed } = parsed.data;
  const viewer = await currentViewer();
  await transaction(async (tx) => {
    const runId = await announcementRun(tx, announcement);
    if (runId === undefined || mayLeadTalk(viewer, runId).kind === "denied") return;
    await setAnnouncementRemoved(tx, announcement, removed === "yes");
  });
  revalidatePath("/", "layout");
}

const ReadInput = z.object({ announcement: Name });

/** Notes that the viewer has read it: it no longer stands on the home page. */
export async function readAnnouncement(form: FormData): Promise<void> {
  const parsed = ReadInput.safeParse(given(form));
  const viewer = await currentViewer();
  if (!parsed.success || viewer === undefined) return;
  const announcementId = parsed.data.announcement;
  const runId = await announcementRun(db(), announcementId);
  if (runId === undefined || mayTalk(viewer, runId).kind === "denied") return;
  await markAnnouncementRead(db(), { announcementId, userId: viewer.userId });
  revalidatePath("/", "layout");
}

function given(form: unknown): Record<string, unknown> {
  return form instanceof FormData ? Object.fromEntries(form) : {};
}

function invalid(error: z.ZodError): AnnounceState {
  return { kind: "invalid", problem: error.issues[0]?.message ?? "Something is missing." };
}
