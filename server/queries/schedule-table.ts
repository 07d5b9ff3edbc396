import type { Tx } from "../db/index.ts";
import type { ScheduleRule } from "../policies/index.ts";
import { shortNumber } from "./gradebook-filter.ts";
import { rulesOfRun } from "./schedule.ts";

export interface ScheduledTask {
  readonly id: string;
  readonly number: string;
  readonly title: string;
  readonly lectureSlug: string;
  /** As the content says. */
  readonly attempts: number | undefined;
}

/** Everything that the table of a run's dates is made of. */
export interface ScheduleTable {
  readonly timeZone: string;
  /** In the order of the course. */
  readonly exercises: readonly ScheduledTask[];
  readonly rules: readonly ScheduleRule[];
  readonly sections: readonly { readonly id: string; readonly name: string }[];
  /** Those with rules of their own. */
  readonly students: readonly {
    readonly id: string;
    readonly name: string;
    readonly sectionId: string | undefined;
  }[];
}

export async function scheduleTable(tx: Tx, runId: string): Promise<ScheduleTable> {
  const [run, exercises, rules, sections, enrolled] = await Promise.all([
    tx.courseRun.findUniqueOrThrow({ where: { id: runId }, select: { timeZone: true } }),
    tx.exercise.findMany({
      where: { runId },
      orderBy: { position: "asc" },
      select: { id: true, number: true, title: true, lectureSlug: true, attempts: true },
    }),
    rulesOfRun(tx, runId),
    tx.section.findMany({
      where: { runId },
      orderBy: { name: "asc" },
      select: { id: true, name: true },
    }),
    tx.enrolment.findMany({
      where: { runId, user: { rules: { some: { runId } } } },
      orderBy: { user: { name: "asc" } },
      select: { userId: true, sectionId: true, user: { select: { name: true } } },
    }),
  ]);
  return {
    timeZone: run.timeZone,
    exercises: exercises.map(({ attempts, number, ...exercise }) => ({
      ...exercise,
      number: shortNumber(number),
      attempts: attempts ?? undefined,
    })),
    rules,
    sections,
    students: enrolled.map(({ userId, sectionId, user }) => ({
      id: userId,
      name: user.name,
      sectionId: sectionId ?? undefined,
    })),
  };
}

/** The section that somebody is in; undefined: in none. */
export async function sectionOfStudent(
  tx: Tx,
  key: { readonly runId: string; readonly userId: string },
): Promise<string | undefined> {
  const enrolment = await tx.enrolment.findUnique({
    where: { runId_userId: key },
    select: { sectionId: true },
  });
  return enrolment?.sectionId ?? undefined;
}

/** Students of the run by a part of their name, for who looks for one. */
export async function studentsNamed(
  tx: Tx,
  runId: string,
  part: string,
): Promise<{ readonly id: string; readonly name: string; readonly username: string }[]> {
  const contains = { contains: part, mode: "insensitive" } as const;
  const found = await tx.user.findMany({
    where: {
      enrolments: { some: { runId, role: "student" } },
      OR: [{ name: contains }, { username: contains }],
    },
    orderBy: { name: "asc" },
    take: 12,
    select: { id: true, name: true, username: true },
  });
  return found.map(({ username, ...student }) => ({ ...student, username: username ?? "" }));
}
