/** Checks of the publish gate: asked for, queued, carried out by whoever grades, and what follows. */
import { fromPrisma } from "pg-boss";
import { db, type Tx, transaction } from "../db/index.ts";
import { type CheckListener, checkDocuments } from "../gate/index.ts";
import { jobQueue, type QueueName } from "../operation/job-queue.ts";
import { log } from "../operation/log.ts";
import { rememberDocument } from "./import.ts";
import { isOpen, requestMutants } from "./mutants.ts";
import { overtaken, publishVersion } from "./publish.ts";
import { updateRuns } from "./run-exercises.ts";
import { layOut, lookForPublications } from "./served.ts";
import { filesOf, lockCourse, publishedTree, storedDocuments, treeWith } from "./store.ts";
import { clashesIn, isPathOf, pathInCourse } from "./tree.ts";

export const CHECK_QUEUE: QueueName = "content-check";
/** A page that shows the progress asks about as often. */
const TELL_MS = 500;
/** So often a check begins anew when something else was published meanwhile. */
const TRIES_MAX = 3;

export interface CheckRequest {
  readonly courseId: string;
  /** At most one version of each document. */
  readonly versionIds: readonly string[];
  /** undefined: nobody, the course's folder has changed. */
  readonly askedById?: string | undefined;
  /** Whether readers see the versions as soon as they have passed. */
  readonly publishes: boolean;
}

/** Queues a check, in the transaction that stores what it is about; answers its id. */
export async function requestCheck(tx: Tx, request: CheckRequest): Promise<string> {
  const { courseId, versionIds, askedById = null, publishes } = request;
  const boss = await jobQueue();
  const { id } = await tx.contentCheck.create({
    data: {
      courseId,
      askedById,
      publishes,
      parts: { create: versionIds.map((versionId) => ({ versionId })) },
    },
    select: { id: true },
  });
  await boss.send(CHECK_QUEUE, { checkId: id }, { id, singletonKey: courseId, db: fromPrisma(tx) });
  return id;
}

/** Whether a check that has not ended ever will: its job fails when each grader that took it has died. */
export async function isCarriedOut(tx: Tx, checkId: string): Promise<boolean> {
  const boss = await jobQueue();
  const [job] = await boss.findJobs(CHECK_QUEUE, { id: checkId, db: fromPrisma(tx) });
  return isOpen(job?.state);
}

/** Takes a check back that nobody has begun; answers whether it still could. */
export async function cancelCheck(tx: Tx, courseId: string, checkId: string): Promise<boolean> {
  const { count } = await tx.contentCheck.updateMany({
    where: { id: checkId, courseId, state: "waiting" },
    data: { state: "cancelled", endedAt: new Date() },
  });
  return count === 1;
}

/**
 * Runs the gate and stores what came out; publishes what has passed when that was asked for. Once
 * `leaving` is aborted nothing is stored any more: another worker begins the check anew.
 */
export async function carryOut(checkId: string, leaving?: AbortSignal): Promise<void> {
  const check = await readCheck(checkId);
  if (check === null) return;
  if (await begin(checkId)) await tryOut(checkId, check, leaving);
  // Also when it was left right after it had published, and is taken up by another.
  if (!(await isPublished(checkId))) return;
  await lookForPublications();
  await updateRuns(check.courseId);
}

async function tryOut(checkId: string, check: Check, leaving?: AbortSignal): Promise<void> {
  const tell = teller(checkId);
  try {
    for (let tries = 1; ; tries++) {
      const { revision } = await db().course.findUniqueOrThrow({ where: { id: check.courseId } });
      const problems = await problemsOf(check, tell.listener);
      await tell.last();
      leaving?.throwIfAborted();
      if (!(await settle(checkId, check, { problems, revision, isLast: tries === TRIES_MAX })))
        continue;
      // Nobody waits for it at a page.
      if (check.askedById === null && problems.length > 0)
        log.warn({ check: checkId, problems }, "the publish gate has refused a part of the course");
      break;
    }
  } catch (error) {
    if (leaving?.aborted === true) throw error;
    log.error({ err: error, check: checkId }, "a check of content failed");
    const problems = ["The check failed by a fault of the site, not of the content: try again."];
    await tell.last();
    await end(db(), checkId, "failed", problems);
  }
}

async function isPublished(checkId: string): Promise<boolean> {
  const passed = { id: checkId, state: "passed", publishes: true } as const;
  return (await db().contentCheck.count({ where: passed })) > 0;
}

/** A check that a dead worker has left begins anew; false: it has ended, or was taken back at this moment. */
async function begin(checkId: string): Promise<boolean> {
  const { count } = await db().contentCheck.updateMany({
    where: { id: checkId, state: { in: ["waiting", "running"] } },
    data: { state: "running" },
  });
  return count === 1;
}

const PART = {
  version: {
    select: {
      id: true,
      files: true,
      origin: true,
      documentId: true,
      document: { select: { path: true, kind: true } },
    },
  },
} as const;

type Check = NonNullable<Awaited<ReturnType<typeof readCheck>>>;

function readCheck(checkId: string) {
  return db().contentCheck.findUnique({
    where: { id: checkId },
    select: {
      courseId: true,
      askedById: true,
      publishes: true,
      parts: { select: PART },
    },
  });
}

/** What the gate says of the course with the check's versions in it. */
async function problemsOf(check: Check, listener: CheckListener): Promise<string[]> {
  const late = check.publishes ? await overtakenParts(check) : [];
  if (late.length > 0) return late;
  const shown = publishedTree(await storedDocuments(db(), check.courseId));
  const versions = check.parts.map(({ version }) => version);
  const strangers = versions.flatMap(({ document: { path }, files }) =>
    [...filesOf(files).keys()]
      .filter((file) => !isPathOf(path, file))
      .map((file) => `${pathInCourse(path, file)}:1: belongs to another document: take it out`),
  );
  const tree = treeWith(shown, versions);
  const problems = [...strangers, ...clashesIn(tree.keys())];
  if (problems.length > 0) return problems;
  return checkDocuments(
    {
      course: await layOut(tree),
      shown: await layOut(shown),
      documents: check.parts.map(({ version }) => version.document.path),
    },
    listener,
  );
}

const MAIN_FILE = {
  shared: "topics.yaml",
  lecture: "lecture.mdx",
  exercise: "exercise.yaml",
} as const;

/** What would bring an older text back, because a newer one was published while the check waited or ran. */
async function overtakenParts({ parts }: Check): Promise<string[]> {
  const ids = parts.map(({ version }) => version.id);
  return (await overtaken(db(), ids)).map(({ path, kind, number, shown }) => {
    const file = pathInCourse(path, MAIN_FILE[kind]);
    return `${file}:1: version ${number} is older than version ${shown}, which was published meanwhile: publish the newest one`;
  });
}

/** Nothing of a report runs, so there is nothing to make mistakes in. */
function hasSolution(files: unknown): boolean {
  return typeof files === "object" && files !== null && "solution.ts" in files;
}

/** Ends the check; false: something else was published meanwhile, and it has to be looked at again. */
async function settle(
  checkId: string,
  { courseId, askedById, publishes, parts }: Check,
  { problems, revision, isLast }: { problems: string[]; revision: number; isLast: boolean },
): Promise<boolean> {
  return transaction(async (tx) => {
    await lockCourse(tx, courseId);
    const now = await tx.course.findUniqueOrThrow({ where: { id: courseId } });
    if (now.revision !== revision && !isLast) return false;
    const passed = problems.length === 0 && now.revision === revision;
    if (passed && publishes) {
      for (const { version } of parts) {
        const { id: versionId, documentId, document } = version;
        await publishVersion(tx, { courseId, documentId, versionId, userId: askedById });
        if (version.origin === "folder")
          await rememberDocument(tx, documentId, filesOf(version.files));
        if (document.kind === "exercise" && hasSolution(version.files))
          await requestMutants(tx, versionId);
      }
    }
    const moved = "The course was changed by others again and again meanwhile: publish once more.";
    await end(
      tx,
      checkId,
      passed ? "passed" : "refused",
      passed || problems.length > 0 ? problems : [moved],
    );
    return true;
  });
}

async function end(
  tx: Tx,
  checkId: string,
  state: "passed" | "refused" | "failed",
  problems: string[],
): Promise<void> {
  await tx.contentCheck.update({
    where: { id: checkId },
    data: { state, problems, endedAt: new Date(), step: "" },
  });
}

/** Stores how far a check is, not more often than somebody looks. */
function teller(checkId: string) {
  let last = 0;
  let storing: Promise<unknown> = Promise.resolve();
  const listener: CheckListener = (done, total, step) => {
    if (done < total && performance.now() - last < TELL_MS) return;
    last = performance.now();
    storing = storing.then(() =>
      db()
        .contentCheck.update({ where: { id: checkId }, data: { done, total, step } })
        .catch((error: unknown) => log.warn({ err: error }, "progress cannot be stored")),
    );
  };
  return { listener, last: () => storing };
}
