import { statSync } from "node:fs";
import { ConfigError, config } from "../config.ts";
import { type FolderCourse, readFolder } from "../content/folder.ts";
import { fetchCourse, ownGitCourse } from "../content/git/git-course.ts";
import { type ImportOutcome, importInto } from "../content/import.ts";
import { type OfferOutcome, offerFolder } from "../content/offer.ts";
import { updateRuns } from "../content/run-exercises.ts";
import { lookForPublications, servesFolder } from "../content/served.ts";
import { ownFolder } from "../course/course-files.ts";
import { db, type Tx, transaction } from "../db/client.ts";
import { log } from "../operation/log.ts";
import { firstRun, seedCourse } from "./course.ts";
import { closeDemoAccounts, reopenDemoAccounts, seedDemoAccounts } from "./demo-accounts.ts";

/** Advisory lock: of several web processes that start at once, one seeds and the others wait. */
const SEED_LOCK = 72_707_370;

/** Fills a fresh database, and offers what the course has changed since to the publish gate. */
export async function seed(): Promise<void> {
  const { isDemo } = config();
  const content = await contentAtStart();
  const { courseId, isTaken } = await transaction(async (tx) => {
    await lockSeed(tx);
    const course = await seedCourse(tx, isDemo);
    const isTaken = servesFolder() || !(await hasContent(tx));
    if (isTaken && content !== undefined)
      tell(await importInto(tx, { courseId: course.id }, content), content);
    return { courseId: course.id, isTaken };
  });
  if (!isTaken && content !== undefined) tell(await offerFolder(courseId, content), content);
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
 * passes the gate (`content:sync`), and a start does not hang on another machine. A folder in which no
 * course lies, because a disk is not mounted, say, says nothing of a course that is there.
 */
async function contentAtStart(): Promise<FolderCourse | undefined> {
  const isFresh = !(await hasContent(db()));
  const repository = ownGitCourse();
  if (repository !== undefined) {
    return isFresh ? (await fetchCourse(repository)).content : undefined;
  }
  const folder = ownFolder();
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const remedy = "set COURSE_DIR to the folder that holds lectures/";
  if (!isThere && isFresh) throw new ConfigError(`There is no folder ${folder}: ${remedy}.`);
  const content = isThere ? readFolder(folder) : undefined;
  const isCourse = [...(content?.tree.keys() ?? [])].some((path) => path.startsWith("lectures/"));
  if (isCourse || isFresh) return content;
  log.warn({ folder }, `no course lies in this folder, and readers see what they saw: ${remedy}`);
  return undefined;
}

async function hasContent(tx: Tx): Promise<boolean> {
  return (await tx.contentPublication.count()) > 0;
}

export async function lockSeed(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${SEED_LOCK})`;
}

/** What the folder and the site disagree about does not keep the site from starting. */
function tell(outcome: ImportOutcome | OfferOutcome, { refused }: FolderCourse): void {
  for (const { path } of outcome.conflicts) {
    const remedy = "run `npm run -s content:import`, which shows the difference and asks";
    log.warn({ document: path }, `changed in the folder and in the site: ${remedy}`);
  }
  if (refused.length > 0) {
    log.warn({ files: refused }, "these files of the course's folder are left out: rename them");
  }
  if (!("offer" in outcome)) return;
  const missing = outcome.missing.map(({ path }) => path);
  if (missing.length > 0) {
    const remedy = "run `npm run -s content:import` to take it down";
    log.warn({ documents: missing }, `not in the folder any more, and shown still: ${remedy}`);
  }
  const { offer } = outcome;
  if (offer.kind === "refused") {
    const remedy = "mend it there, or look at the check in /author";
    log.warn({ check: offer.checkId }, `the folder holds what the publish gate refused: ${remedy}`);
  } else if (offer.kind !== "nothing") {
    const check = offer.checkId;
    log.info({ check }, "what the folder has changed is shown once it has passed the publish gate");
  }
}
