import type { Tx } from "../db/client.ts";

/** The course that the site shows, with a first run; a site that has them keeps what it has. */
export async function seedCourse(tx: Tx, isDemo: boolean): Promise<{ readonly id: string }> {
  const course =
    (await tx.course.findFirst({ orderBy: { id: "asc" }, select: { id: true } })) ??
    (await tx.course.create({
      data: { slug: "linux", title: "How Linux works" },
      select: { id: true },
    }));
  if ((await tx.courseRun.count({ where: { courseId: course.id } })) === 0) {
    const first = isDemo
      ? { slug: "demo", title: "Demo run" }
      : { slug: "first", title: "First run" };
    await tx.courseRun.create({ data: { courseId: course.id, ...first } });
  }
  return course;
}

/** The oldest of its runs. */
export async function firstRun(tx: Tx, courseId: string): Promise<string> {
  const { id } = await tx.courseRun.findFirstOrThrow({
    where: { courseId },
    orderBy: { createdAt: "asc" },
    select: { id: true },
  });
  return id;
}
