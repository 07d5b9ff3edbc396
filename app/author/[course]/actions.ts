"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import * as z from "zod";
import type { EditedChange } from "#server/authoring";
import {
  bringBack,
  cancelCheck,
  type Draft,
  type DraftFile,
  documentIn,
  mergeDraft,
  oddPicture,
  rebaseDraft,
  requestPublication,
  saveDraft,
  storeDraft,
  TEXT_MAX,
} from "#server/authoring";
import { db, transaction } from "#server/db";
import { authorOfCourse } from "../access.ts";
import { SeenVersion } from "../seen-version.ts";
import { checkUrl, documentUrl, newerUrl, versionsUrl } from "../urls.ts";

const Name = z.string().min(1).max(300);
const Revision = z.int().min(0);

type Denied = { readonly kind: "denied"; readonly because: "not-allowed" };
type Invalid = { readonly kind: "invalid"; readonly problem: string };
const DENIED: Denied = { kind: "denied", because: "not-allowed" };

const FileChange = z.discriminatedUnion("kind", [
  z.strictObject({ path: Name, kind: z.literal("text"), text: z.string().max(TEXT_MAX) }),
  // A picture, by the hash of bytes that are stored already.
  z.strictObject({
    path: Name,
    kind: z.literal("bytes"),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.strictObject({ path: Name, kind: z.literal("removed") }),
  // As in the version again.
  z.strictObject({ path: Name, kind: z.literal("kept") }),
]);

const SaveInput = z.strictObject({
  course: Name,
  document: Name,
  revision: Revision,
  base: Revision,
  files: z.array(FileChange).min(1).max(200),
});
export type SaveFilesInput = z.infer<typeof SaveInput>;

export type SaveFilesResult =
  | { readonly kind: "saved"; readonly revision: number; readonly at: number }
  /** Another tab or device has saved since. */
  | {
      readonly kind: "behind";
      readonly revision: number;
      readonly base: number;
      readonly changes: readonly EditedChange[];
    }
  | Denied
  | Invalid;

/** Keeps what an author has typed, unless another tab or device has kept something newer. */
export async function saveDraftFiles(input: unknown): Promise<SaveFilesResult> {
  const parsed = SaveInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problem: problemOf(parsed.error) };
  const { course, document, revision, base, files } = parsed.data;
  const author = await authorOfCourse(course);
  if (author === undefined) return DENIED;
  const { userId } = author.viewer;
  return transaction(async (tx): Promise<SaveFilesResult> => {
    const found = await documentIn(tx, author.course.id, document);
    if (found === undefined) return DENIED;
    if (base > found.head) return { kind: "invalid", problem: `There is no version ${base}.` };
    const changes = new Map(files.map((file) => [file.path, draftFileOf(file)]));
    const odd = await oddPicture(tx, found.id, changes);
    if (odd !== undefined)
      return { kind: "invalid", problem: `${odd} is no picture: add it again.` };
    const change = { documentId: found.id, userId, revision, base, files: changes };
    await rebaseDraft(tx, change);
    const outcome = await saveDraft(tx, change);
    if (outcome.kind === "saved") return { ...outcome, at: Date.now() };
    if (outcome.kind === "behind") return behind(outcome.draft);
    return { kind: "invalid", problem: `${outcome.path} is no name for a file of a course.` };
  });
}

const VersionInput = z.strictObject({
  course: Name,
  document: Name,
  revision: Revision,
  message: z.string().trim().min(1, "Say in a few words what has changed.").max(500),
});

export type SaveVersionResult =
  | { readonly kind: "stored"; readonly number: number }
  /** Somebody else has stored a version since the draft was begun. */
  | { readonly kind: "behind"; readonly head: number }
  /** Another tab or device has saved the draft since. */
  | { readonly kind: "changed" }
  | { readonly kind: "no-draft" }
  | Denied
  | Invalid;

/** Stores the draft as the document's next version. */
export async function saveVersion(input: unknown): Promise<SaveVersionResult> {
  const parsed = VersionInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problem: problemOf(parsed.error) };
  const { course, document, revision, message } = parsed.data;
  const author = await authorOfCourse(course);
  if (author === undefined) return DENIED;
  const courseId = author.course.id;
  const outcome = await transaction(async (tx): Promise<SaveVersionResult> => {
    const found = await documentIn(tx, courseId, document);
    if (found === undefined) return DENIED;
    const { userId } = author.viewer;
    const request = { courseId, documentId: found.id, userId, revision, message };
    const stored = await storeDraft(tx, request);
    if (stored.kind === "stored") return { kind: "stored", number: stored.number };
    return stored.kind === "changed" ? { kind: "changed" } : stored;
  });
  if (outcome.kind === "stored") revalidatePath("/author", "layout");
  return outcome;
}

const PublishInput = z.object({ course: Name, documents: z.array(SeenVersion).min(1).max(200) });

/** Lets the ticked documents pass the gate as they were shown, and leads to how far that is. */
export async function publishDocuments(form: FormData): Promise<void> {
  const parsed = PublishInput.safeParse({
    course: form.get("course"),
    documents: form.getAll("document"),
  });
  if (!parsed.success) return;
  const author = await authorOfCourse(parsed.data.course);
  if (author === undefined) return;
  const { course, viewer } = author;
  const { documents } = parsed.data;
  const asked = await transaction((tx) =>
    requestPublication(tx, { courseId: course.id, documents, userId: viewer.userId }),
  );
  if (asked.kind === "unknown") return;
  revalidatePath("/author", "layout");
  if (asked.kind === "newer") redirect(newerUrl(course.slug));
  redirect(checkUrl(course.slug, asked.checkId));
}

const CancelInput = z.object({ course: Name, check: Name });

/** Takes a check back that has not begun. */
export async function cancelPublication(form: FormData): Promise<void> {
  const parsed = CancelInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const author = await authorOfCourse(parsed.data.course);
  if (author === undefined) return;
  await cancelCheck(db(), author.course.id, parsed.data.check);
  revalidatePath("/author", "layout");
}

const BringBackInput = z.object({ course: Name, document: Name, number: z.coerce.number().int() });

/** Makes a draft of an older version. */
export async function bringVersionBack(form: FormData): Promise<void> {
  const parsed = BringBackInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const { course, document, number } = parsed.data;
  const author = await authorOfCourse(course);
  if (author === undefined) return;
  const { userId } = author.viewer;
  const outcome = await transaction(async (tx) => {
    const found = await documentIn(tx, author.course.id, document);
    return found && bringBack(tx, { documentId: found.id, userId, number });
  });
  if (outcome === undefined || outcome.kind === "no-version") return;
  revalidatePath("/author", "layout");
  const isKept = outcome.kind === "has-draft";
  redirect(isKept ? `${versionsUrl(course, document)}?kept` : documentUrl(course, document));
}

const MergeInput = z.object({
  course: Name,
  document: Name,
  revision: z.coerce.number().int().min(1),
  head: z.coerce.number().int().min(1),
});
const ChoiceInput = z.enum(["mine", "theirs", "both"]);

/** Brings the viewer's draft together with the newest version, as they chose. */
export async function mergeMyDraft(form: FormData): Promise<void> {
  const parsed = MergeInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return;
  const { course, document, revision, head } = parsed.data;
  const author = await authorOfCourse(course);
  if (author === undefined) return;
  const choices = new Map(
    [...form].flatMap(([name, value]) => {
      const choice = ChoiceInput.safeParse(value).data;
      return name.startsWith("choice ") && choice ? [[name.slice(7), choice] as const] : [];
    }),
  );
  const { userId } = author.viewer;
  const outcome = await transaction(async (tx) => {
    const found = await documentIn(tx, author.course.id, document);
    return found && mergeDraft(tx, { documentId: found.id, userId, revision, head, choices });
  });
  revalidatePath("/author", "layout");
  // Changed meanwhile, or not all decided: the page shows how it is now.
  if (outcome?.kind === "merged") redirect(documentUrl(course, document));
}

function draftFileOf(file: z.infer<typeof FileChange>): DraftFile | undefined {
  if (file.kind === "text") return { kind: "text", text: file.text };
  if (file.kind === "bytes") return { kind: "bytes", hash: file.hash };
  return file.kind === "removed" ? { kind: "removed" } : undefined;
}

function behind({ revision, base, files }: Draft): SaveFilesResult {
  const changes = [...files].map(([path, file]) => ({ path, ...file }));
  return { kind: "behind", revision, base, changes };
}

function problemOf(error: z.ZodError): string {
  return error.issues[0]?.message ?? "This cannot be stored.";
}
