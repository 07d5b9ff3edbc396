import { DateTime } from "luxon";
import type { Prisma, Tx } from "../db/index.ts";

interface Copy {
  readonly fromId: string;
  readonly toId: string;
  /** So many days later is every date. */
  readonly days: number;
}

/** Copies the sections of a run, its weights, and its rules but those for one student. */
export async function copyRules(tx: Tx, { fromId, toId, days }: Copy): Promise<void> {
  const sections = await tx.section.findMany({ where: { runId: fromId } });
  const ids = new Map<string, string>();
  for (const { id, name } of sections) {
    ids.set(id, (await tx.section.create({ data: { runId: toId, name } })).id);
  }
  const from = await tx.exercise.findMany({ where: { runId: fromId } });
  const to = await tx.exercise.findMany({ where: { runId: toId } });
  for (const { id, slug } of from) {
    const same = to.find((exercise) => exercise.slug === slug);
    if (same !== undefined) ids.set(id, same.id);
  }
  await copyWeights(tx, { fromId, toId });
  const { timeZone } = await tx.courseRun.findUniqueOrThrow({ where: { id: toId } });
  const rules = await tx.scheduleRule.findMany({ where: { runId: fromId, userId: null } });
  await tx.scheduleRule.createMany({
    data: rules.flatMap(({ key, lectureSlug, exerciseId, sectionId, fields }) => {
      const named = [exerciseId, sectionId].filter((id) => id !== null);
      // About an exercise that is no longer in the course.
      if (named.some((id) => !ids.has(id))) return [];
      const newKey = named.reduce((text, id) => text.replaceAll(id, ids.get(id) ?? ""), key);
      return {
        runId: toId,
        key: newKey,
        lectureSlug,
        exerciseId: exerciseId === null ? null : (ids.get(exerciseId) ?? null),
        sectionId: sectionId === null ? null : (ids.get(sectionId) ?? null),
        fields: shifted(fields, days, timeZone),
      };
    }),
  });
}

/** How grades are summed: what each exercise weighs, and how many of the lowest are dropped. */
async function copyWeights(
  tx: Tx,
  { fromId, toId }: { readonly fromId: string; readonly toId: string },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "CourseRun" AS run SET "dropLowest" = source."dropLowest"
    FROM "CourseRun" AS source WHERE run."id" = ${toId} AND source."id" = ${fromId}`;
  await tx.$executeRaw`
    UPDATE "Exercise" AS exercise SET "weight" = source."weight"
    FROM "Exercise" AS source
    WHERE exercise."runId" = ${toId} AND source."runId" = ${fromId} AND exercise."slug" = source."slug"`;
}

const DATES = ["opensAt", "dueAt", "closesAt"];

/** The same with every date in it `days` later, at the same time of the clock on the wall. */
function shifted(fields: Prisma.JsonValue, days: number, zone: string): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(fields), (name, part: unknown) =>
    DATES.includes(name) && typeof part === "number"
      ? DateTime.fromMillis(part, { zone }).plus({ days }).toMillis()
      : part,
  );
}
