import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { storeExercises } from "../content/run-exercises.ts";
import { db, transaction } from "../db/client.ts";
import { dismissRegrade, dryRegrade } from "../grading/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { newVersions, unusedVersion } from "./new-versions.ts";

ownDatabase();
afterAll(closeQueue);

/** A class that has graded a submission with its first version. */
async function gradedClass() {
  const lesson = await makeClass(fixtureFolder("add-up"), 1);
  const { runId, exerciseId, version, students } = lesson;
  const [actorId = ""] = students;
  const submissionId = await submit(lesson, actorId, "export {};");
  const { id: versionId } = await db().exerciseVersion.findFirstOrThrow({ where: { exerciseId } });
  const result = { submissionId, versionId, status: "graded", score: 3, max: 3, tests: [], ms: 1 };
  await db().submissionResult.create({ data: result });
  const exercise = {
    folder: fixtureFolder("add-up"),
    lectureSlug: "01-sums",
    manifest: version.manifest,
  };
  const publish = (hash: string) =>
    transaction((tx) => storeExercises(tx, runId, [{ exercise, version: { ...version, hash } }]));
  const dismissTrial = async () => {
    const regradeId = (await dryRegrade({ runId, exerciseId }, actorId)) ?? "";
    await transaction((tx) => dismissRegrade(tx, { runId, regradeId, actorId }));
    // What waits keeps a submission out of the next dry run.
    await db().regradeEntry.updateMany({ where: { regradeId }, data: { endedAt: new Date() } });
    return regradeId;
  };
  const offered = async () => (await newVersions(db(), runId)).length;
  const unused = async () => unusedVersion(db(), exerciseId);
  return { publish, dismissTrial, offered, unused };
}

test("a version that was put away is offered again when it has come back, not at each start", async () => {
  const { publish, dismissTrial, offered, unused } = await gradedClass();
  await publish("second");
  expect(await offered()).toBe(1);
  const regradeId = await dismissTrial();
  await publish("second");
  expect([await offered(), await unused()]).toEqual([0, { regradeId }]);
  await publish("third");
  expect(await offered()).toBe(1);
  await publish("second");
  expect([await offered(), await unused()]).toEqual([1, { regradeId: undefined }]);
});
