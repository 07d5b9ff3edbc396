/** After a publication: which small mistakes in the solution the hidden tests do not notice. */
import { join } from "node:path";
import { fromPrisma } from "pg-boss";
import { db, type Tx } from "../db/index.ts";
import { mutationReport } from "../gate/index.ts";
import { jobQueue, type QueueName } from "../operation/job-queue.ts";
import { layOut } from "./served.ts";
import { publishedTree, storedDocuments, treeWith } from "./store.ts";

export const MUTANTS_QUEUE: QueueName = "content-mutants";

/** Queues the search, in the transaction that publishes the exercise's version. */
export async function requestMutants(tx: Tx, versionId: string): Promise<void> {
  const boss = await jobQueue();
  await boss.send(MUTANTS_QUEUE, { versionId }, { db: fromPrisma(tx) });
}

/** The versions whose solution is searched, or soon will be: an ended or failed search is none. */
export async function mutantsSearched(
  tx: Tx,
  versionIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (versionIds.length === 0) return new Set();
  const boss = await jobQueue();
  const searched = new Set<string>();
  for (const versionId of versionIds) {
    const jobs = await boss.findJobs(MUTANTS_QUEUE, { data: { versionId }, db: fromPrisma(tx) });
    if (jobs.some(({ state }) => isOpen(state))) searched.add(versionId);
  }
  return searched;
}

/** Whether a job has an end still to come. */
export function isOpen(state: string | undefined): boolean {
  return state === "created" || state === "retry" || state === "active";
}

/** Searches, and stores what was found; a version that has its report keeps it. */
export async function carryOutMutants(versionId: string): Promise<void> {
  const version = await db().contentVersion.findUnique({
    where: { id: versionId },
    select: {
      files: true,
      mutation: { select: { versionId: true } },
      document: { select: { path: true, courseId: true } },
    },
  });
  if (version === null || version.mutation !== null) return;
  const { path, courseId } = version.document;
  const shown = publishedTree(await storedDocuments(db(), courseId));
  const course = await layOut(treeWith(shown, [version]));
  const { tried, killed, survivors, unjudged } = await mutationReport(join(course, path));
  const data = {
    tried,
    killed,
    survivors: survivors.map((one) => ({ ...one })),
    unjudged: unjudged.map((one) => ({ ...one })),
  };
  await db().mutationReport.upsert({
    where: { versionId },
    create: { versionId, ...data },
    update: data,
  });
}
