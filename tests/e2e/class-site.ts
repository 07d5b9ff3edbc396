/** A site of its own with the tests' course, whose class has handed something in. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { test as base } from "playwright/test";
import { remember } from "../../server/config.ts";
import { db, disconnect, transaction } from "../../server/db/client.ts";
import { enqueueGrading } from "../../server/grading/queue.ts";
import { sourceHashOf } from "../../server/grading/stored-result.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import { startSite } from "../site.ts";

export interface ClassSite {
  readonly url: string;
  /** Hands in as that demo account, and answers the submission's id. */
  readonly submit: (username: string, exercise: string, source: string) => Promise<string>;
}

interface Fixtures {
  readonly site: ClassSite;
  /** A file that names itself shares its class with no other: a process of the runner has one name alone. */
  readonly classOf: string;
}

export const test = base.extend<object, Fixtures>({
  classOf: ["any", { scope: "worker", option: true }],
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures it needs
    async ({}, use) => {
      const site = await startSite({ COURSE_DIR: join(import.meta.dirname, "../fixtures/course") });
      remember({ databaseUrl: site.databaseUrl });
      const course = await db().course.findFirstOrThrow();
      const elsewhere = { slug: "elsewhere", title: "Another run" };
      await db().courseRun.create({ data: { courseId: course.id, ...elsewhere } });
      await use({ url: site.url, submit });
      await closeQueue();
      await disconnect();
      await site.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ site }, use) => {
    await use(site.url);
  },
});

async function submit(username: string, exercise: string, source: string): Promise<string> {
  const { id: userId } = await db().user.findUniqueOrThrow({ where: { username } });
  const { id: exerciseId } = await db().exercise.findFirstOrThrow({ where: { slug: exercise } });
  return transaction(async (tx) => {
    const earlier = await tx.submission.count({ where: { exerciseId, userId } });
    const { id } = await tx.submission.create({
      data: {
        exerciseId,
        userId,
        clientKey: randomUUID(),
        source,
        sourceHash: sourceHashOf(source),
        attempt: earlier + 1,
      },
    });
    await enqueueGrading(tx, id);
    return id;
  });
}
