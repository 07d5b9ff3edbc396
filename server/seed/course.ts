import type { Tx } from "../db/client.ts";

/** The run of a course that a fresh site begins with. */
export interface SeededRun {
  readonly id: string;
  readonly slug: string;
}

/** The course and its first run; a site that has a run already keeps what it has. */
export async function seedCourse(tx: Tx, isDemo: boolean): Promise<SeededRun[]> {
  const runs = await tx.courseRun.findMany({
    orderBy: { createdAt: "asc" },
    select: { id: true, slug: true },
  });
  if (runs.length > 0) return runs;
  const course = await tx.course.upsert({
    where: { slug: "linux" },
    create: { slug: "linux", title: "How Linux works" },
    update: {},
  });
  const first = isDemo
    ? { slug: "demo", title: "Demo run" }
    : { slug: "first", title: "First run" };
  const run = await tx.courseRun.create({
    data: { courseId: course.id, ...first },
    select: { id: true, slug: true },
  });
  return [run];
}
