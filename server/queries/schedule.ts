/** The rules of a run about dates and attempts, and what they make of submissions. */
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Prisma, type Tx } from "../db/index.ts";
import {
  latePercentAt,
  type RuleFields,
  ruleKey,
  SCHEDULE_FIELDS,
  type Schedule,
  type ScheduleRule,
  scheduleOf,
} from "../policies/index.ts";

const Value = z.number().nullable().optional();
const Fields = z.object(
  Object.fromEntries(SCHEDULE_FIELDS.map((field) => [field, Value])) as Record<
    (typeof SCHEDULE_FIELDS)[number],
    typeof Value
  >,
);

const RULE = {
  lectureSlug: true,
  exerciseId: true,
  sectionId: true,
  userId: true,
  fields: true,
} as const;

interface RuleRow {
  readonly lectureSlug: string | null;
  readonly exerciseId: string | null;
  readonly sectionId: string | null;
  readonly userId: string | null;
  readonly fields: unknown;
}

function ruleOf({ lectureSlug, exerciseId, sectionId, userId, fields }: RuleRow): ScheduleRule {
  return {
    lectureSlug: lectureSlug ?? undefined,
    exerciseId: exerciseId ?? undefined,
    sectionId: sectionId ?? undefined,
    userId: userId ?? undefined,
    fields: Fields.parse(fields) as RuleFields,
  };
}

/** All rules of a run. */
export async function rulesOfRun(tx: Tx, runId: string): Promise<ScheduleRule[]> {
  return (
    await tx.scheduleRule.findMany({ where: { runId }, orderBy: { id: "asc" }, select: RULE })
  ).map(ruleOf);
}

/** Everybody, and each section and student that rules of the run tell apart. */
export async function whomOfRules(
  tx: Tx,
  runId: string,
  rules: readonly ScheduleRule[],
): Promise<readonly Pick<ScheduleRule, "sectionId" | "userId">[]> {
  const userIds = rules.flatMap(({ userId }) => userId ?? []);
  const enrolments = await tx.enrolment.findMany({
    where: { runId, userId: { in: userIds } },
    select: { userId: true, sectionId: true },
  });
  const sections = new Map(
    enrolments.map(({ userId, sectionId }) => [userId, sectionId ?? undefined]),
  );
  const whom = rules.map(({ userId, sectionId }) => ({
    userId,
    sectionId: userId === undefined ? sectionId : sections.get(userId),
  }));
  return [{}, ...whom];
}

/** The rules of a run that may hold for one student. */
export async function rulesForStudent(
  tx: Tx,
  { runId, userId, sectionId }: { runId: string; userId: string; sectionId: string | undefined },
): Promise<ScheduleRule[]> {
  const rows = await tx.scheduleRule.findMany({
    where: {
      runId,
      OR: [
        { userId },
        { userId: null, sectionId: null },
        ...(sectionId === undefined ? [] : [{ sectionId }]),
      ],
    },
    select: RULE,
  });
  return rows.map(ruleOf);
}

/** Exercise and student, as far as dates depend on them. */
export interface ScheduledExercise {
  readonly runId: string;
  readonly exerciseId: string;
  readonly lectureSlug: string;
  readonly userId: string;
  readonly sectionId: string | undefined;
  readonly timeZone: string;
  /** As the content says. */
  readonly attempts: number | undefined;
}

/** What holds for the student at the exercise. */
export async function scheduleFor(tx: Tx, exercise: ScheduledExercise): Promise<Schedule> {
  return scheduleOf(await rulesForStudent(tx, exercise), exercise, exercise);
}

/** Nobody hands anything in to the run, and nobody changes its dates, until the transaction ends. */
export async function lockSchedule(tx: Tx, runId: string): Promise<void> {
  await tx.$queryRaw`SELECT FROM "CourseRun" WHERE "id" = ${runId} FOR UPDATE`;
}

/** What a rule says in the end; fields that are undefined stay absent. */
export async function storeRule(
  tx: Tx,
  runId: string,
  { fields, ...target }: ScheduleRule,
): Promise<void> {
  const key = ruleKey(target);
  const said = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Record<string, number | null>;
  if (Object.keys(said).length === 0) {
    await tx.scheduleRule.deleteMany({ where: { runId, key } });
    return;
  }
  await tx.scheduleRule.upsert({
    where: { runId_key: { runId, key } },
    create: {
      ...{ runId, key, fields: said },
      lectureSlug: target.lectureSlug ?? null,
      exerciseId: target.exerciseId ?? null,
      sectionId: target.sectionId ?? null,
      userId: target.userId ?? null,
    },
    update: { fields: said },
  });
}

interface StoredSubmission {
  readonly id: string;
  readonly exerciseId: string;
  readonly lectureSlug: string;
  readonly userId: string;
  readonly sectionId: string | null;
  readonly isStudent: boolean;
  readonly receivedAt: Date;
  readonly latePercent: number;
}

/** What has changed lateness, as the log tells it. */
interface LateCause {
  /** Only these people's submissions; absent: everybody's. */
  readonly userIds?: readonly string[];
  /** That of the event that says what was done, if there is one. */
  readonly stepId?: string;
  readonly actorId?: string | undefined;
}

/**
 * Works out anew what submissions lose for being late: to be called in the transaction that has
 * changed rules, sections, roles or the time zone. Notes each submission that counts differently from
 * now on, and answers how many those are.
 */
export async function recomputeLate(
  tx: Tx,
  runId: string,
  { userIds, stepId = randomUUID(), actorId }: LateCause = {},
): Promise<number> {
  await lockSchedule(tx, runId);
  const { timeZone } = await tx.courseRun.findUniqueOrThrow({
    where: { id: runId },
    select: { timeZone: true },
  });
  const rules = await rulesOfRun(tx, runId);
  const ends = rules.flatMap(({ fields }) => [fields.dueAt ?? [], fields.closesAt ?? []].flat());
  // Whatever came before all dates loses nothing by any of them.
  const first = new Date(Math.min(...ends, FAR_MS));
  const ofStudents =
    userIds === undefined ? Prisma.empty : Prisma.sql`AND s."userId" = ANY(${[...userIds]})`;
  const submissions = await tx.$queryRaw<StoredSubmission[]>`
    SELECT s."id", s."exerciseId", e."lectureSlug", s."userId", n."sectionId",
      coalesce(n."role" = 'student', false) AS "isStudent", s."receivedAt", s."latePercent"
    FROM "Submission" AS s
    JOIN "Exercise" AS e ON e."id" = s."exerciseId"
    LEFT JOIN "Enrolment" AS n ON n."runId" = e."runId" AND n."userId" = s."userId"
    WHERE e."runId" = ${runId} AND (s."latePercent" > 0 OR s."receivedAt" > ${first}) ${ofStudents}`;
  const byRule = groupedByWhom(rules);
  const schedules = new Map<string, Schedule>();
  const changed: { id: string; percent: number }[] = [];
  for (const submission of submissions) {
    const { id, isStudent, receivedAt, latePercent } = submission;
    const percent = isStudent
      ? latePercentAt(scheduleOfStored(submission), receivedAt.getTime())
      : 0;
    if (percent !== latePercent) changed.push({ id, percent });
  }
  if (changed.length > 0) {
    await tx.$executeRaw`
      WITH changed AS (
        SELECT s."id", s."exerciseId", s."userId", s."latePercent" AS before, row.percent AS after
        FROM unnest(${changed.map(({ id }) => id)}::text[],
          ${changed.map(({ percent }) => percent)}::int[]) AS row (id, percent)
        JOIN "Submission" AS s ON s."id" = row.id
      ),
      counted AS (
        UPDATE "Submission" AS s SET "latePercent" = changed.after
        FROM changed WHERE s."id" = changed."id"
      )
      INSERT INTO "GradeEvent" ("id", "runId", "kind", "stepId", "exerciseId", "userId",
        "submissionId", "actorId", "before", "after")
      SELECT gen_random_uuid()::text, ${runId}, 'late', ${stepId}, "exerciseId", "userId", "id",
        ${actorId ?? null}, jsonb_build_object('latePercent', before),
        jsonb_build_object('latePercent', after)
      FROM changed`;
  }
  return changed.length;

  function scheduleOfStored({ sectionId: section, ...submission }: StoredSubmission): Schedule {
    const sectionId = section ?? undefined;
    const hasOwn = byRule.has(submission.userId);
    const key = `${submission.exerciseId} ${hasOwn ? submission.userId : (sectionId ?? "")}`;
    let schedule = schedules.get(key);
    if (schedule === undefined) {
      const holding = [
        ...(byRule.get("") ?? []),
        ...(byRule.get(sectionId ?? "no section") ?? []),
        ...(byRule.get(submission.userId) ?? []),
      ];
      schedule = scheduleOf(holding, { ...submission, sectionId }, { timeZone });
      schedules.set(key, schedule);
    }
    return schedule;
  }
}

/** A moment that nothing comes after. */
const FAR_MS = Date.UTC(9999, 0, 1);

function groupedByWhom(rules: readonly ScheduleRule[]): Map<string, ScheduleRule[]> {
  const groups = new Map<string, ScheduleRule[]>();
  for (const rule of rules) {
    const key = rule.userId ?? rule.sectionId ?? "";
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return groups;
}
