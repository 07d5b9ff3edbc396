import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { waitsForLock } from "../../tests/lock-wait.ts";
import { TINY_COURSE } from "../../tests/tiny-course.ts";
import { createRun } from "../class/run.ts";
import { exerciseVersionOf } from "../course/index.ts";
import { db, transaction } from "../db/index.ts";
import type { Viewer } from "../policies/index.ts";
import { importFolder } from "./import.ts";
import { updateRuns } from "./run-exercises.ts";
import { layOut } from "./served.ts";
import {
  lockCourse,
  publishedTree,
  storeBlobs,
  storedDocuments,
  storePublication,
  storeVersion,
} from "./store.ts";
import { hashOf } from "./tree.ts";

ownDatabase();
vi.setConfig({ testTimeout: 120_000 });

const EXERCISE = "lectures/01-sums/exercises/add-up";
const ADMIN: Viewer = {
  userId: "admin",
  name: "A",
  username: "admin",
  isAdmin: true,
  roles: [],
  courses: [],
};
let courseId = "";

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-runs-"));
  for (const [path, text] of Object.entries(TINY_COURSE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  ({ id: courseId } = await db().course.create({ data: { slug: folder, title: "Sums" } }));
  await importFolder({ courseId, folder });
  rmSync(folder, { recursive: true });
});

test("runs get what is published while their exercises are bundled", async () => {
  const run = { courseId, slug: "spring", title: "Spring" };
  const { id } = await db().courseRun.create({ data: run });
  await whilePublishing(() => updateRuns(courseId));
  expect(await gradedWith(id)).toBe(await published());
});

test("a run that begins gets what is published while its exercises are bundled", async () => {
  const wanted = { courseId, slug: "autumn", title: "Autumn", timeZone: "UTC" };
  const made = await whilePublishing(() => createRun(ADMIN, wanted));
  expect(made.kind).toBe("created");
  expect(await gradedWith(made.kind === "created" ? made.runId : "")).toBe(await published());
});

/** Publishes other hidden tests when `work` has bundled the earlier ones and waits for the course. */
async function whilePublishing<T>(work: () => Promise<T>): Promise<T> {
  const text = `${TINY_COURSE[`${EXERCISE}/hidden.test.ts`]}// Mended\nexport const more = 1;\n`;
  const bytes = new TextEncoder().encode(text);
  const { working } = await transaction(async (tx) => {
    await lockCourse(tx, courseId);
    const working = work();
    await waitsForLock();
    const document = (await storedDocuments(tx, courseId)).get(EXERCISE);
    if (document === undefined) throw new Error("there is no exercise");
    await storeBlobs(tx, new Map([[hashOf(bytes), bytes]]));
    const files = new Map([...document.head.files, ["hidden.test.ts", hashOf(bytes)]]);
    const version = { documentId: document.id, files, origin: "site", message: "Mended" } as const;
    await storePublication(tx, document.id, (await storeVersion(tx, version)).id);
    return { working };
  });
  return working;
}

async function gradedWith(runId: string): Promise<string | undefined> {
  const counts = { where: { exercise: { runId } }, orderBy: { createdAt: "desc" } } as const;
  return (await db().exerciseVersion.findFirst(counts))?.hash;
}

/** The hash of the exercise that readers see. */
async function published(): Promise<string> {
  const course = await layOut(publishedTree(await storedDocuments(db(), courseId)));
  return (await exerciseVersionOf(join(course, EXERCISE))).hash;
}
