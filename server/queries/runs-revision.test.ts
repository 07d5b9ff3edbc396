import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass } from "../../tests/grading.ts";
import { db } from "../db/index.ts";
import { runsRevision } from "./runs-revision.ts";
import { storeRule } from "./schedule.ts";

ownDatabase();

test("the revision of runs changes with each date, when one comes, and with exercises", async () => {
  const { runId, exerciseId } = await makeClass(fixtureFolder("add-up"), 1);
  const at = Date.now();
  const revision = (later = 0) => runsRevision(db(), at + later);
  const first = await revision();
  expect(await revision(1e9)).toBe(first);
  await storeRule(db(), runId, { fields: { opensAt: at + 1000, dueAt: null, attempts: 3 } });
  const dated = await revision();
  expect(dated).not.toBe(first);
  expect(await revision(999)).toBe(dated);
  const open = await revision(1000);
  expect(open).not.toBe(dated);
  expect(await revision(1e9)).toBe(open);
  await storeRule(db(), runId, { fields: { opensAt: at + 2000 } });
  const later = await revision();
  expect([first, dated, open]).not.toContain(later);
  await db().courseRun.update({ where: { id: runId }, data: { archivedAt: new Date() } });
  const archived = await revision();
  expect(archived).not.toBe(later);
  await db().exercise.update({ where: { id: exerciseId }, data: { attempts: 7 } });
  expect(await revision()).not.toBe(archived);
});
