import type { Tx } from "../db/index.ts";

/** A section of a run, with how many people are in it. */
export interface ListedSection {
  readonly id: string;
  readonly name: string;
  readonly people: number;
}

/** The run's sections by name. */
export async function sectionsOf(tx: Tx, runId: string): Promise<readonly ListedSection[]> {
  const sections = await tx.section.findMany({
    where: { runId },
    orderBy: { name: "asc" },
    select: { id: true, name: true, _count: { select: { enrolments: true } } },
  });
  return sections.map(({ _count, ...section }) => ({ ...section, people: _count.enrolments }));
}

export type SectionResult =
  | { readonly kind: "done"; readonly id: string }
  /** Another section of the run is called so. */
  | { readonly kind: "taken" }
  | { readonly kind: "gone" };

export async function makeSection(tx: Tx, runId: string, name: string): Promise<SectionResult> {
  const { count } = await tx.section.createMany({ data: { runId, name }, skipDuplicates: true });
  if (count === 0) return { kind: "taken" };
  const { id } = await tx.section.findUniqueOrThrow({ where: { runId_name: { runId, name } } });
  return { kind: "done", id };
}

interface SectionKey {
  readonly runId: string;
  readonly id: string;
}

export async function renameSection(
  tx: Tx,
  { runId, id }: SectionKey,
  name: string,
): Promise<SectionResult> {
  await lockSections(tx, runId);
  const same = await tx.section.findFirst({ where: { runId, name, NOT: { id } } });
  if (same !== null) return { kind: "taken" };
  const { count } = await tx.section.updateMany({ where: { id, runId }, data: { name } });
  return count === 0 ? { kind: "gone" } : { kind: "done", id };
}

export type DeleteSectionResult =
  | { readonly kind: "done"; readonly id: string; readonly name: string }
  /** Somebody is in it, it has dates of its own, or open links lead into it. */
  | {
      readonly kind: "in-use";
      readonly people: number;
      readonly rules: number;
      readonly links: number;
    }
  | { readonly kind: "gone" };

/** Only an empty one goes: nothing hangs on it that could be lost. */
export async function deleteSection(
  tx: Tx,
  { runId, id }: SectionKey,
  now: Date,
): Promise<DeleteSectionResult> {
  await lockSections(tx, runId);
  const section = await tx.section.findFirst({
    where: { id, runId },
    select: { name: true, _count: { select: { enrolments: true, rules: true } } },
  });
  if (section === null) return { kind: "gone" };
  const { enrolments: people, rules } = section._count;
  const invitations = await tx.invitation.findMany({
    where: { sectionId: id, expiresAt: { gt: now } },
    select: { revokedAt: true, uses: true, maxUses: true },
  });
  const links = invitations.filter(
    ({ revokedAt, uses, maxUses }) => revokedAt === null && (maxUses === null || uses < maxUses),
  ).length;
  if (people > 0 || rules > 0 || links > 0) return { kind: "in-use", people, rules, links };
  // One that is closed could be opened again, and would lead past the section.
  await tx.invitation.updateMany({
    where: { sectionId: id, expiresAt: { gt: now } },
    data: { expiresAt: now },
  });
  await tx.section.deleteMany({ where: { id, runId } });
  return { kind: "done", id, name: section.name };
}

/** Of two changes to the run's people or sections at once, one waits. */
export async function lockSections(tx: Tx, runId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "CourseRun" WHERE "id" = ${runId} FOR UPDATE`;
}
