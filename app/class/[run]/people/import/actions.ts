"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import {
  type ApplyResult,
  applyRoster,
  planRoster,
  ROSTER_BYTES_MAX,
  type RosterPlan,
  readRoster,
} from "#server/class";
import { db, Prisma, transaction } from "#server/db";
import { mailClosedLinks, mailNewAccounts } from "#server/mail";
import { type Denied, managerOfRun, type StaffOfRun } from "../../../access.ts";

/** Whether new accounts get their links by mail, too, and those who teach now new ones for closed ones. */
export interface Mailed {
  readonly isMailed: boolean;
}

/** The text comes back with each answer, so that it can be mended where it stands. */
export type RosterState =
  | { readonly kind: "empty"; readonly text: string }
  | { readonly kind: "invalid"; readonly problem: string; readonly text: string }
  | { readonly kind: "planned"; readonly plan: RosterPlan; readonly text: string }
  | { readonly kind: "look-again"; readonly plan: RosterPlan; readonly text: string }
  | (Extract<ApplyResult, { kind: "applied" }> & Mailed & { readonly text: string })
  | Denied;

const Input = z.object({
  run: z.string().min(1).max(200),
  text: z.string(),
  file: z.instanceof(File).optional(),
  /** What the button says: only look, or do what was looked at. */
  step: z.enum(["look", "apply"]),
  digest: z.string().max(64).optional(),
  removes: z.string().optional(),
});

/** Shows what a roster would do; a second time, with the plan that was shown, does it. */
export async function sendRoster(_before: RosterState, form: FormData): Promise<RosterState> {
  const parsed = Input.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { kind: "invalid", problem: "No roster was sent.", text: "" };
  const { run, file, step, digest = "", removes } = parsed.data;
  const staff = await managerOfRun(run);
  if ("kind" in staff) return staff;
  const isUpload = step === "look" && file !== undefined && file.size > 0;
  if (isUpload && file.size > ROSTER_BYTES_MAX) return tooLong(parsed.data.text);
  const text = isUpload ? await file.text() : parsed.data.text;
  if (Buffer.byteLength(text) > ROSTER_BYTES_MAX) return tooLong("");
  if (text.trim() === "") {
    return { kind: "invalid", problem: "Choose a file, or paste the roster.", text };
  }
  if (step === "look") return { kind: "planned", plan: await plan(staff, text), text };
  const roster = { runId: staff.run.id, text, digest, removesAbsent: removes === "yes" };
  try {
    const answer = await transaction(async (tx) => {
      const applied = await applyRoster(tx, staff.viewer, roster, new Date());
      if (applied.kind !== "applied") return applied;
      await mailClosedLinks(tx, applied.closedLinks);
      const newcomers = applied.accounts.map(({ userId }) => userId);
      return { ...applied, isMailed: await mailNewAccounts(tx, newcomers) };
    });
    revalidatePath("/class", "layout");
    return { ...answer, text };
  } catch (error) {
    // Somebody took one of the names at the same moment.
    const isTaken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
    if (!isTaken) throw error;
    return { kind: "look-again", plan: await plan(staff, text), text };
  }
}

function plan({ viewer, run }: StaffOfRun, text: string): Promise<RosterPlan> {
  return planRoster(db(), viewer, run.id, readRoster(text));
}

function tooLong(text: string): RosterState {
  const problem = `The roster is larger than ${ROSTER_BYTES_MAX / 1024} KiB: split the file.`;
  return { kind: "invalid", problem, text };
}
