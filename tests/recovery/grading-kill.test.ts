import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { config } from "../../server/config.ts";
import { db, transaction } from "../../server/db/client.ts";
import { ownDatabase } from "../database.ts";
import { fixtureFolder, makeClass, resultOf, submit, until } from "../grading.ts";
import { startSite } from "../site.ts";

ownDatabase();

const ROOT = join(import.meta.dirname, "../..");
const SLOW = readFileSync(join(fixtureFolder("slow-sum"), "solution.ts"), "utf8");
const SECONDS_MAX = 30;

const graders: ChildProcess[] = [];

afterEach(() => {
  for (const { pid } of graders.splice(0)) kill(pid);
});

test.each([
  { victim: "player.js", what: "a player" },
  { victim: "judge.js", what: "a judge" },
])("kill -9 of $what costs neither points nor an attempt", async ({ victim }) => {
  const lesson = await makeClass(fixtureFolder("slow-sum"), 1);
  const grader = await startGrader();
  const id = await submit(lesson, lesson.students[0] ?? "", SLOW);
  // The one that works is the one that has used the most CPU time.
  kill(await until(async () => busySandbox(grader, victim)));
  await expectGradedOnce([id]);
});

test("kill -9 of the grader: another one takes its job up, and grades it once", async () => {
  const lesson = await makeClass(fixtureFolder("slow-sum"), 1);
  const first = await startGrader();
  const id = await submit(lesson, lesson.students[0] ?? "", SLOW);
  await until(async () => busySandbox(first, "player.js"));
  const sandboxes = sandboxesOf(first);
  kill(first.pid);
  const killed = performance.now();
  await startGrader();
  await expectGradedOnce([id]);
  expect((performance.now() - killed) / 1000).toBeLessThan(SECONDS_MAX);
  // An endless loop inside of them would have burnt a core for ever.
  expect(sandboxes.filter(isAlive)).toEqual([]);
});

test("kill -9 of the web process: the next one grades what it was grading", async () => {
  const { databaseUrl = "" } = config();
  const lesson = await makeClass(fixtureFolder("slow-sum"), 1);
  const first = await startSite({ DATABASE_URL: databaseUrl });
  const id = await submit(lesson, lesson.students[0] ?? "", SLOW);
  await until(async () => busySandbox(first.process, "player.js"));
  kill(first.process.pid);
  const second = await startSite({ DATABASE_URL: databaseUrl });
  await expectGradedOnce([id]);
  await Promise.all([first.stop(), second.stop()]);
});

test("whatever is killed while many submissions wait, each is graded once", async () => {
  const lesson = await makeClass(fixtureFolder("slow-sum"), 5);
  let grader = await startGrader();
  const ids: string[] = [];
  for (const [index, userId] of [...lesson.students, ...lesson.students].entries()) {
    ids.push(await submit(lesson, userId, `${SLOW}// ${index}`));
  }
  for (const victim of ["player.js", "grader", "judge.js", "player.js"]) {
    const sandbox = await until(async () =>
      busySandbox(grader, victim.replace("grader", "player.js")),
    );
    if (victim !== "grader") kill(sandbox);
    else {
      kill(grader.pid);
      grader = await startGrader();
    }
  }
  await expectGradedOnce(ids);
});

test("kill -9 of a process that stores a submission leaves all of it or nothing", async () => {
  const lesson = await makeClass(fixtureFolder("slow-sum"), 1);
  const script = `
    import { randomUUID } from "node:crypto";
    import { transaction } from "./server/db/client.ts";
    import { enqueueGrading } from "./server/grading/queue.ts";
    const [exerciseId, userId] = process.argv.slice(1);
    const data = (attempt) => ({ exerciseId, userId, clientKey: randomUUID(), source: "", sourceHash: "", attempt });
    for (let attempt = 1; ; attempt++) {
      await transaction(async (tx) => {
        const { id } = await tx.submission.create({ data: data(attempt) });
        await enqueueGrading(tx, id);
      });
      process.stdout.write("stored\\n");
    }`;
  const { exerciseId, students } = lesson;
  const web = node(["--input-type=module", "--eval", script, exerciseId, students[0] ?? ""]);
  // In the middle of one transaction or another.
  for await (const _line of lines(web)) {
    if ((await db().submission.count({ where: { exerciseId } })) > 20) break;
  }
  kill(web.pid);
  await once(web, "exit");
  const [left] = await until(async () => {
    const rows = await db().$queryRaw<{ alone: bigint; queued: bigint }[]>`
      SELECT count(*) FILTER (WHERE job.id IS NULL) AS alone, count(job.id) AS queued
      FROM "Submission" LEFT JOIN pgboss.job AS job ON job.id::text = "Submission".id
      WHERE "Submission"."exerciseId" = ${exerciseId}`;
    return rows;
  });
  expect(left?.alone).toBe(0n);
  expect(left?.queued).toBeGreaterThan(20n);
});

/** Each has one result, full points, and has spent what it always spends. */
async function expectGradedOnce(ids: readonly string[]): Promise<void> {
  for (const id of ids) expect(await resultOf(id)).toMatchObject({ status: "graded", score: 3 });
  await until(async () => ((await openJobs()) === 0n ? true : undefined));
  const rows = await transaction((tx) =>
    tx.submissionResult.groupBy({ by: ["submissionId"], _count: true }),
  );
  expect(rows.filter(({ submissionId }) => ids.includes(submissionId))).toEqual(
    expect.arrayContaining(ids.map((submissionId) => ({ submissionId, _count: 1 }))),
  );
  expect(rows.every(({ _count }) => _count === 1)).toBe(true);
}

async function openJobs(): Promise<bigint> {
  const [row] = await db().$queryRaw<{ count: bigint }[]>`
    SELECT count(*) FROM pgboss.job WHERE name = 'grading' AND state <= 'active'`;
  return row?.count ?? 0n;
}

async function startGrader(): Promise<ChildProcess> {
  const grader = node(["server/grader.ts"]);
  graders.push(grader);
  for await (const line of lines(grader)) if (line.startsWith("Kernelbook grades")) return grader;
  throw new Error("the grader does not start");
}

function node(args: readonly string[]): ChildProcess {
  return spawn(join(ROOT, "scripts/node24"), [...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: config().databaseUrl,
      KERNELBOOK_SECRET: "a-secret-that-only-tests-ever-use",
      KERNELBOOK_GRADERS: "2",
      KERNELBOOK_LOG: "error",
    },
  });
}

async function* lines({ stdout }: ChildProcess): AsyncGenerator<string> {
  if (stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: stdout })) yield line;
}

/** A sandbox of this kind that has worked for a while, if there is one. */
function busySandbox({ pid }: ChildProcess, script: string): number | undefined {
  const player = sandboxesOf({ pid }).find((one) => isOf(one, "player.js") && cpuMs(one) > 250);
  if (player === undefined || script === "player.js") return player;
  return sandboxesOf({ pid }).find((one) => isOf(one, script));
}

function sandboxesOf({ pid }: { readonly pid?: number | undefined }): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return children.filter((one) => isOf(one, "player.js") || isOf(one, "judge.js"));
}

function isOf(pid: number, script: string): boolean {
  // There are two players: both names end so.
  return read(`/proc/${pid}/cmdline`).includes(script);
}

function cpuMs(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) Z /.test(stat);
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
