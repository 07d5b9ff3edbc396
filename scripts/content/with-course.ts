import { resolve } from "node:path";
import { config, remember } from "../../server/config.ts";
import { ownFolder } from "../../server/course/course-files.ts";
import { disconnect, transaction } from "../../server/db/client.ts";
import { migrate } from "../../server/db/migrate.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import { seedCourse } from "../../server/seed/course.ts";
import { lockSeed } from "../../server/seed/seed.ts";
import { withDatabase } from "../with-database.ts";

/** Works with the course that the site shows; one is made where the site was never started. */
export async function withCourse<T>(work: (courseId: string) => Promise<T>): Promise<T> {
  const { isDemo } = config();
  return withDatabase(async (databaseUrl) => {
    remember({ databaseUrl });
    await migrate(databaseUrl);
    try {
      const { id } = await transaction(async (tx) => {
        await lockSeed(tx);
        return seedCourse(tx, isDemo);
      });
      return await work(id);
    } finally {
      await closeQueue();
      await disconnect();
    }
  });
}

/** The folder that was named, or the site's own. */
export function folderOf(named: string | undefined): { folder: string; isElsewhere: boolean } {
  const folder = named === undefined ? ownFolder() : resolve(named);
  return { folder, isElsewhere: folder !== ownFolder() };
}
