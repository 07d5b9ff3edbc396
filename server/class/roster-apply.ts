import { storeUnknownPasswords } from "../auth/password.ts";
import { closePasswordLinks, FIRST_LINK_DAYS, makePasswordLinks } from "../auth/password-link.ts";
import type { Tx } from "../db/index.ts";
import type { RunRole, Viewer } from "../policies/index.ts";
import { recomputeLate } from "../queries/schedule.ts";
import { readRoster } from "./roster-csv.ts";
import { planRoster, type RosterPlan, type RosterStep } from "./roster-plan.ts";
import { lockSections } from "./section.ts";

export interface NewAccount {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly username: string;
  /** Sets the password, once; it is known now or never. */
  readonly link: string;
}

export type ApplyResult =
  | {
      readonly kind: "applied";
      readonly accounts: readonly NewAccount[];
      readonly enrolled: number;
      readonly changed: number;
      readonly removed: number;
      /** Who teaches from now on, and whose open link to a password is closed. */
      readonly closedLinks: readonly string[];
    }
  /** The file has problems, or the plan is no longer the one that was looked at. */
  | { readonly kind: "look-again"; readonly plan: RosterPlan };

interface RosterToApply {
  readonly runId: string;
  readonly text: string;
  /** Of the plan that was shown. */
  readonly digest: string;
  readonly removesAbsent: boolean;
}

/** Does what the plan with this digest says: all of it in the transaction `tx`, or nothing. */
export async function applyRoster(
  tx: Tx,
  viewer: Viewer,
  { runId, text, digest, removesAbsent }: RosterToApply,
  now: Date,
): Promise<ApplyResult> {
  await lockSections(tx, runId);
  const plan = await planRoster(tx, viewer, runId, readRoster(text));
  if (plan.problems.length > 0 || plan.digest !== digest) return { kind: "look-again", plan };
  const accounts = await makeAccounts(tx, plan.steps, now);
  const sections = await sectionIds(tx, runId, plan.newSections);
  const placed = plan.steps.map((step) => ({
    ...step,
    userId: step.userId ?? accounts.get(step.email)?.userId ?? "",
    sectionId: sections.get(step.after.section ?? "") ?? null,
  }));
  const entering = placed.filter(({ kind }) => kind === "account" || kind === "enrol");
  await tx.enrolment.createMany({
    data: entering.map(({ userId, after: { role }, sectionId }) => ({
      runId,
      userId,
      role,
      sectionId,
    })),
  });
  const changing = placed.filter(({ kind }) => kind === "change");
  for (const { userId, after, sectionId } of changing) {
    await tx.enrolment.update({
      where: { runId_userId: { runId, userId } },
      data: { role: after.role, sectionId },
    });
  }
  // Other dates may hold for them now; who enters may have been in the run before.
  const userIds = [...entering, ...changing].map(({ userId }) => userId);
  if (userIds.length > 0) await recomputeLate(tx, runId, { userIds, actorId: viewer.userId });
  const teaching = placed.filter(({ kind, after }) => kind !== "account" && teaches(after.role));
  const promoted = teaching.filter(({ before }) => before === undefined || !teaches(before.role));
  const closedLinks = await closePasswordLinks(
    tx,
    promoted.map(({ userId }) => userId),
    now,
  );
  const leaving = removesAbsent ? plan.absent.map(({ userId }) => userId) : [];
  const { count: removed } = await tx.enrolment.deleteMany({
    where: { runId, userId: { in: leaving }, role: { in: ["reader", "student"] } },
  });
  return {
    kind: "applied",
    accounts: [...accounts.values()],
    enrolled: entering.length,
    changed: changing.length,
    removed,
    closedLinks,
  };
}

function teaches(role: RunRole): boolean {
  return role === "ta" || role === "instructor";
}

async function makeAccounts(
  tx: Tx,
  steps: readonly RosterStep[],
  now: Date,
): Promise<ReadonlyMap<string, NewAccount>> {
  const made = steps
    .filter(({ kind }) => kind === "account")
    .map(({ name, email, username }) => ({ userId: crypto.randomUUID(), name, email, username }));
  // The staff vouches for the addresses. A name that is taken at this very moment takes the whole roster back.
  await tx.user.createMany({
    data: made.map(({ userId: id, ...user }) => ({ id, ...user, emailVerified: true })),
  });
  const ids = made.map(({ userId }) => userId);
  await storeUnknownPasswords(tx, ids);
  const links = await makePasswordLinks(tx, ids, { hours: 24 * FIRST_LINK_DAYS, now });
  return new Map(
    made.map((person) => [person.email, { ...person, link: links.get(person.userId) ?? "" }]),
  );
}

/** The ids of the run's sections by name, with the new ones made. */
async function sectionIds(
  tx: Tx,
  runId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  await tx.section.createMany({ data: names.map((name) => ({ runId, name })) });
  const sections = await tx.section.findMany({
    where: { runId },
    select: { id: true, name: true },
  });
  return new Map(sections.map(({ id, name }) => [name, id]));
}
