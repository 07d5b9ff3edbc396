import { closePasswordLinks } from "../auth/password-link.ts";
import type { Tx } from "../db/index.ts";
import { mayChangeMember, type RunRole, type Viewer } from "../policies/index.ts";
import { lockSchedule, recomputeLate } from "../queries/schedule.ts";

/** What somebody is in a run; the section's id, if they are in one. */
export interface Membership {
  readonly role: RunRole;
  readonly sectionId: string | null;
}

export type SetMemberResult =
  /** What the person was before, so that it can be undone; null: not in the run. */
  | {
      readonly kind: "set";
      readonly name: string;
      readonly before: Membership | null;
      /** They teach from now on, and a link that set their password was open. */
      readonly closedLink: boolean;
    }
  | { readonly kind: "nobody" }
  | { readonly kind: "no-section" }
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-allowed" };

interface MemberChange {
  readonly runId: string;
  readonly userId: string;
  /** Null takes the person out of the run. What they have handed in stays. */
  readonly after: Membership | null;
}

/** Makes the person something else in the run, if the viewer may. */
export async function setMember(
  tx: Tx,
  viewer: Viewer | undefined,
  { runId, userId, after }: MemberChange,
): Promise<SetMemberResult> {
  // First of all: who may change nobody learns nothing.
  const mayAny = mayChangeMember(viewer, runId, { before: undefined, after: after?.role });
  if (mayAny.kind === "denied") return mayAny;
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE "id" = ${userId} FOR UPDATE`;
  const user = await tx.user.findUnique({
    where: { id: userId },
    select: {
      name: true,
      enrolments: { where: { runId }, select: { role: true, sectionId: true } },
    },
  });
  if (user === null) return { kind: "nobody" };
  const before = user.enrolments[0] ?? null;
  const decision = mayChangeMember(viewer, runId, { before: before?.role, after: after?.role });
  if (decision.kind === "denied") return decision;
  if (after === null) await tx.enrolment.deleteMany({ where: { runId, userId } });
  else {
    // A section of another run is none of this one's.
    if (after.sectionId !== null) {
      const section = await tx.section.findFirst({ where: { id: after.sectionId, runId } });
      if (section === null) return { kind: "no-section" };
    }
    await lockSchedule(tx, runId);
    await tx.enrolment.upsert({
      where: { runId_userId: { runId, userId } },
      create: { runId, userId, ...after },
      update: after,
    });
    // Other dates may hold for them now.
    await recomputeLate(tx, runId, { userIds: [userId], actorId: viewer?.userId });
  }
  const teaches = after?.role === "ta" || after?.role === "instructor";
  const isRaised = teaches && after.role !== before?.role;
  const closed = isRaised ? await closePasswordLinks(tx, [userId]) : [];
  return { kind: "set", name: user.name, before, closedLink: closed.length > 0 };
}
