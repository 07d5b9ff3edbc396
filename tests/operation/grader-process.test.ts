/** `npm run grader` beside web processes that have no graders, as docs/deploying.md has it for more machines. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { config } from "../../server/config.ts";
import { requestCheck } from "../../server/content/check.ts";
import { startChecker } from "../../server/content/checker.ts";
import { importFolder } from "../../server/content/import.ts";
import { requestMutants } from "../../server/content/mutants.ts";
import { storeBlobs, storedDocuments, storeVersion } from "../../server/content/store.ts";
import { hashOf } from "../../server/content/tree.ts";
import { db, transaction } from "../../server/db/client.ts";
import { closeQueue, jobQueue } from "../../server/operation/job-queue.ts";
import { ownDatabase } from "../database.ts";
import { TEST_SECRET } from "../site.ts";
import { TINY_COURSE } from "../tiny-course.ts";

ownDatabase();
vi.setConfig({ testTimeout: 300_000 });

const ROOT = join(import.meta.dirname, "../..");
/** Generous: a busy machine takes long to start a process and its sandboxes. */
const PATIENCE = { timeout: 120_000, interval: 20 };
const LECTURE = "lectures/01-sums";
const EXERCISE = `${LECTURE}/exercises/add-up`;
const graders: ChildProcess[] = [];
let courseId = "";
let stopWeb: () => Promise<void>;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-grader-"));
  for (const [path, text] of Object.entries(TINY_COURSE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await db().course.deleteMany();
  ({ id: courseId } = await db().course.create({ data: { slug: "sums", title: "Sums" } }));
  await importFolder({ courseId, folder });
  rmSync(folder, { recursive: true });
  // This process is the web process without graders.
  vi.stubEnv("KERNELBOOK_GRADERS", "0");
  stopWeb = await startChecker();
});

afterEach(async () => {
  await stopWeb();
  vi.unstubAllEnvs();
  for (const grader of graders.splice(0)) grader.kill("SIGKILL");
});

afterAll(closeQueue);

test("a grader of its own publishes what a web process without graders was asked to, and looks for mutants", async () => {
  const { checkId, versionId } = await asked(LECTURE, "lecture.mdx", "Numbers may");
  const exercise = (await storedDocuments(db(), courseId)).get(EXERCISE)?.head.id ?? "";
  await transaction((tx) => requestMutants(tx, exercise));
  const grader = await startGrader();
  await vi.waitFor(async () => expect(await stateOf(checkId)).toBe("passed"), PATIENCE);
  expect((await storedDocuments(db(), courseId)).get(LECTURE)?.published?.id).toBe(versionId);
  const report = { where: { versionId: exercise } };
  await vi.waitFor(() => db().mutationReport.findUniqueOrThrow(report), PATIENCE);
  grader.kill("SIGTERM");
  expect(await once(grader, "exit")).toEqual([0, null]);
});

test("a grader that is stopped in the middle of a check gives it back, and the next one takes it up", async () => {
  const { checkId } = await asked(EXERCISE, "task.mdx", "Please write");
  const first = await startGrader();
  await vi.waitFor(async () => expect(await stateOf(checkId)).toBe("running"), PATIENCE);
  first.kill("SIGTERM");
  expect(await once(first, "exit")).toEqual([0, null]);
  const boss = await jobQueue();
  const jobState = async () => (await boss.findJobs("content-check", { id: checkId }))[0]?.state;
  expect([await stateOf(checkId), await jobState()]).toEqual(["running", "retry"]);
  await startGrader();
  await vi.waitFor(async () => expect(await jobState()).toBe("active"), PATIENCE);
});

/** A version of the document that begins in other words, and a check that publishes it. */
async function asked(path: string, file: string, words: string) {
  await jobQueue();
  const text = (TINY_COURSE[`${path}/${file}`] ?? "").replace(/Numbers can|Write/, words);
  return transaction(async (tx) => {
    const document = (await storedDocuments(tx, courseId)).get(path);
    if (document === undefined) throw new Error(`there is no ${path}`);
    const bytes = new TextEncoder().encode(text);
    await storeBlobs(tx, new Map([[hashOf(bytes), bytes]]));
    const files = new Map([...document.head.files, [file, hashOf(bytes)]]);
    const version = { documentId: document.id, files, origin: "site", message: "Mended" } as const;
    const { id: versionId } = await storeVersion(tx, version);
    const request = { courseId, versionIds: [versionId], publishes: true };
    return { checkId: await requestCheck(tx, request), versionId };
  });
}

async function stateOf(checkId: string): Promise<string> {
  const { state } = await db().contentCheck.findUniqueOrThrow({ where: { id: checkId } });
  return state;
}

async function startGrader(): Promise<ChildProcess> {
  const grader = spawn(join(ROOT, "scripts/node24"), ["server/grader.ts"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: config().databaseUrl,
      KERNELBOOK_SECRET: TEST_SECRET,
      KERNELBOOK_LOG: "error",
    },
  });
  graders.push(grader);
  for await (const line of createInterface({ input: grader.stdout }))
    if (line.startsWith("Kernelbook grades")) return grader;
  throw new Error("the grader does not start");
}
