import { config } from "../config.ts";
import { type FolderCourse, readFolder } from "../content/folder.ts";
import { fetchCourse, ownGitCourse } from "../content/git/git-course.ts";
import { type ImportOutcome, importInto } from "../content/import.ts";
import { updateRuns } from "../content/run-exercises.ts";
import { lookForPublications } from "../content/served.ts";
import { ownFolder } from "../course/course-files.ts";
import { db, type Tx, transaction } from "../db/client.ts";
import { log } from "../operation/log.ts";
import { firstRun, seedCourse } from "./course.ts";
import { closeDemoAccounts, reopenDemoAccounts, seedDemoAccounts } from "./demo-accounts.ts";

/** Advisory lock: of several web processes that start at once, one seeds and the others wait. */
const SEED_LOCK = 72_707_370;

/** Fills a fresh database, and brings an old one up to the course's present content. */
export async function seed(): Promise<void> {
  const { isDemo } = config();
  const content = await contentAtStart();
  const courseId = await transaction(async (tx) => {
    await lockSeed(tx);
    const course = await seedCourse(tx, isDemo);
    if (content !== undefined) tell(await importInto(tx, { courseId: course.id }, content));
    return course.id;
  });
  await lookForPublications();
  await updateRuns(courseId);
  await transaction(async (tx) => {
    await lockSeed(tx);
    if (isDemo) {
      await reopenDemoAccounts(tx);
      await seedDemoAccounts(tx, await firstRun(tx, courseId));
    } else {
      await closeDemoAccounts(tx);
    }
  });
}

/**
 * What the folder holds. Of a course in a repository only the first start fetches: what comes later
 * passes the gate (`content:sync`), and a start does not hang on another machine.
 */
async function contentAtStart(): Promise<FolderCourse | undefined> {
  const repository = ownGitCourse();
  if (repository === undefined) return readFolder(ownFolder());
  if ((await db().contentPublication.count()) > 0) return undefined;
  return (await fetchCourse(repository)).content;
}

export async function lockSeed(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${SEED_LOCK})`;
}

/** What the folder and the site disagree about does not keep the site from starting. */
function tell({ conflicts, refused }: ImportOutcome): void {
  for (const { path } of conflicts) {
    const remedy = "run `npm run -s content:import`, which shows the difference and asks";
    log.warn({ document: path }, `changed in the folder and in the site: ${remedy}`);
  }
  if (refused.length > 0) {
    log.warn({ files: refused }, "these files of the course's folder are left out: rename them");
  }
}
