"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import {
  deleteSection,
  makeSection,
  renameSection,
  SectionName,
  type SetMemberResult,
  setMember,
} from "#server/class";
import { transaction } from "#server/db";
import { mailClosedLinks } from "#server/mail";
import { type Denied, managerOfRun } from "../../access.ts";

const Id = z.string().min(1).max(64);
const Run = z.string().min(1).max(200);
const Role = z.enum(["reader", "student", "ta", "instructor"]);

export type SetPlaceResult =
  | Exclude<SetMemberResult, { readonly kind: "set" }>
  /** `isMailed`: for a link that was closed another one goes out by mail. */
  | (Extract<SetMemberResult, { readonly kind: "set" }> & { readonly isMailed: boolean })
  | { readonly kind: "invalid"; readonly problem: string };

const PlaceInput = z.strictObject({
  run: Run,
  userId: Id,
  after: z.strictObject({ role: Role, sectionId: Id.nullable() }).nullable(),
});

/** Makes a person something else in the run, or with null takes them out of it. */
export async function setPlaceInRun(input: unknown): Promise<SetPlaceResult> {
  const parsed = PlaceInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problem: "Something is missing." };
  const { run, userId, after } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const answer = await transaction(async (tx): Promise<SetPlaceResult> => {
    const set = await setMember(tx, staff.viewer, { runId: staff.run.id, userId, after });
    if (set.kind !== "set") return set;
    return { ...set, isMailed: await mailClosedLinks(tx, set.closedLink ? [userId] : []) };
  });
  revalidatePath("/class", "layout");
  return answer;
}

export type SectionState =
  | { readonly kind: "empty" }
  | { readonly kind: "done"; readonly says: string }
  | { readonly kind: "invalid"; readonly problem: string }
  | Denied;

const SectionInput = z.object({ run: Run, name: SectionName, id: z.string().max(64).optional() });

/** Makes a section, or with an id calls it something else. */
export async function nameSection(_before: SectionState, form: FormData): Promise<SectionState> {
  const parsed = SectionInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) {
    return { kind: "invalid", problem: parsed.error.issues[0]?.message ?? "The name is missing." };
  }
  const { run, name, id = "" } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const runId = staff.run.id;
  const answer = await transaction((tx) =>
    id === "" ? makeSection(tx, runId, name) : renameSection(tx, { runId, id }, name),
  );
  revalidatePath("/class", "layout");
  switch (answer.kind) {
    case "done":
      return { kind: "done", says: id === "" ? `Section ${name} is made.` : `It is ${name} now.` };
    case "taken":
      return { kind: "invalid", problem: `A section is called ${name} already.` };
    case "gone":
      return { kind: "invalid", problem: "This section is gone: load the page again." };
  }
}

/** Why a section cannot go, and what to do. */
function whyKept({ people, rules, links }: UsedSection): string {
  if (people > 0) return `${people} are in this section: move them to another one first.`;
  if (rules > 0) return "This section has dates of its own: take them away first.";
  return links === 1
    ? "An open invitation leads into this section: revoke it first."
    : `${links} open invitations lead into this section: revoke them first.`;
}

type UsedSection = Extract<Awaited<ReturnType<typeof deleteSection>>, { kind: "in-use" }>;

const DeleteInput = z.object({ run: Run, id: Id });

/** Deletes a section that nobody is in. */
export async function dropSection(_before: SectionState, form: FormData): Promise<SectionState> {
  const parsed = DeleteInput.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { kind: "invalid", problem: "No section is named." };
  const staff = await managerOfRun(parsed.data.run);
  if ("kind" in staff) return staff;
  const { id } = parsed.data;
  const answer = await transaction((tx) =>
    deleteSection(tx, { runId: staff.run.id, id }, new Date()),
  );
  revalidatePath("/class", "layout");
  switch (answer.kind) {
    case "done":
      return { kind: "done", says: `Section ${answer.name} is deleted.` };
    case "in-use":
      return { kind: "invalid", problem: whyKept(answer) };
    case "gone":
      return { kind: "invalid", problem: "This section is gone already." };
  }
}
