import { afterAll, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { requestCheck } from "../content/check.ts";
import { MUTANTS_QUEUE, requestMutants } from "../content/mutants.ts";
import { documentAt, storePublication, storeVersion } from "../content/store.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue, jobQueue } from "../operation/job-queue.ts";
import { checkById, searchMutantsAgain } from "./shown-check.ts";

ownDatabase();
afterAll(closeQueue);

let courseId = "";
let versionId = "";
let checkId = "";

beforeEach(async () => {
  const slug = crypto.randomUUID();
  courseId = (await db().course.create({ data: { slug, title: "Sums" } })).id;
  const askedById = crypto.randomUUID();
  await db().user.create({ data: { id: askedById, name: "Ada", email: askedById } });
  await transaction(async (tx) => {
    const documentId = await documentAt(tx, courseId, "lectures/01-sums/exercises/add-up");
    const version = { documentId, files: new Map(), origin: "site", message: "Begun" } as const;
    versionId = (await storeVersion(tx, version)).id;
    await storePublication(tx, documentId, versionId);
    const versionIds = [versionId];
    checkId = await requestCheck(tx, { courseId, versionIds, askedById, publishes: true });
  });
});

const shown = async () => {
  const check = await checkById(db(), courseId, checkId);
  return { state: check?.state, mutation: check?.parts[0]?.mutation };
};
const pass = () => db().contentCheck.update({ where: { id: checkId }, data: { state: "passed" } });

/** As after a worker that died each time. */
async function failJobs(queue: string): Promise<void> {
  const boss = await jobQueue();
  for (const { id } of await boss.findJobs(queue)) await boss.cancel(queue, id);
}

test("a search for small mistakes is awaited as long as its job lives, and can be asked for again", async () => {
  await pass();
  await requestMutants(db(), versionId);
  expect(await shown()).toEqual({ state: "passed", mutation: { kind: "searching" } });
  expect(await searchMutantsAgain(db(), courseId, versionId)).toBe(false);
  await failJobs(MUTANTS_QUEUE);
  expect(await shown()).toEqual({ state: "passed", mutation: { kind: "failed" } });
  expect(await searchMutantsAgain(db(), "another course", versionId)).toBe(false);
  expect(await searchMutantsAgain(db(), courseId, versionId)).toBe(true);
  expect(await shown()).toMatchObject({ mutation: { kind: "searching" } });
});

test("what was found is shown, whatever became of the job", async () => {
  await pass();
  const survivors = [{ line: 2, what: "a + b → a - b" }];
  const unjudged = [{ line: 3, what: "a < b → a <= b" }];
  await db().mutationReport.create({
    data: { versionId, tried: 4, killed: 3, survivors, unjudged },
  });
  expect(await shown()).toMatchObject({
    mutation: { kind: "found", tried: 4, survivors, unjudged },
  });
  expect(await searchMutantsAgain(db(), courseId, versionId)).toBe(false);
});

test("a check whose job will never end is shown as failed", async () => {
  expect(await shown()).toMatchObject({ state: "waiting", mutation: { kind: "none" } });
  await failJobs("content-check");
  expect(await shown()).toMatchObject({ state: "failed" });
});
