import { strFromU8, unzipSync } from "fflate";
import { beforeEach, describe, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { makeZoe, NAME, SAID, SOURCE, type Zoe } from "../../tests/zoe.ts";
import { db, transaction } from "../db/index.ts";
import { storeRule } from "../queries/schedule.ts";
import { erasePerson, personZip, planErasure } from "./index.ts";
import { TABLES, tableRules } from "./tables.ts";

ownDatabase();

async function tablesOfSite(): Promise<readonly string[]> {
  const rows = await db().$queryRaw<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`;
  return rows.map(({ name }) => name);
}

describe("every table", () => {
  test("has a rule for what becomes of a person’s rows, and no other has", async () => {
    expect(Object.keys(TABLES).sort()).toEqual([...(await tablesOfSite())].sort());
  });

  test("that refers to a person says so in its rule", async () => {
    const references = await db().$queryRaw<{ table: string; column: string }[]>`
      SELECT source.relname AS "table", a.attname AS "column"
      FROM pg_constraint AS c
      JOIN pg_class AS source ON source.oid = c.conrelid
      JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
      WHERE c.contype = 'f' AND c.confrelid = '"User"'::regclass`;
    expect(references.length).toBeGreaterThan(10);
    const missing = references.filter(({ table, column }) => {
      const whose = (TABLES[table] ?? []).map((rule) => ("whose" in rule ? rule.whose : ""));
      return !whose.some((condition) => condition.includes(`"${column}" = $1`));
    });
    expect(missing).toEqual([]);
  });
});

/** The tables in which a text stands anywhere. */
async function tablesWith(text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const table of await tablesOfSite()) {
    const [row] = await db().$queryRawUnsafe<{ some: boolean }[]>(
      `SELECT EXISTS (SELECT FROM "${table}" AS t WHERE position($1 in t::text) > 0) AS "some"`,
      text,
    );
    if (row?.some) found.push(table);
  }
  return found.sort();
}

let zoe: Zoe;

beforeEach(async () => {
  const all = (await tablesOfSite()).map((table) => `"${table}"`).join(", ");
  await db().$executeRawUnsafe(`TRUNCATE ${all}`);
  zoe = await makeZoe();
});

test("somebody with a row everywhere has a row in every table of persons", async () => {
  const steps = await planErasure(db(), zoe.userId, "deleted");
  const ofPersons = tableRules().filter(({ rule }) => rule.erased !== "nothing");
  expect(steps.map(({ table }) => table)).toEqual(ofPersons.map(({ table }) => table));
});

describe.each(["deleted", "unnamed"] as const)("erased with work %s", (work) => {
  test("nobody’s id, name, address or code is left but in what is never rewritten: the id", async () => {
    const { userId, byId } = zoe;
    await transaction((tx) => erasePerson(tx, { userId, work, byId }));
    // With the id beside work that stays, the one would lead to the other.
    const named = work === "deleted" ? ["Erasure", "GradeEvent"] : ["Erasure"];
    expect(await tablesWith(userId)).toEqual(named);
    for (const text of [NAME, "zoe.q", "secret-token"]) expect(await tablesWith(text)).toEqual([]);
    expect(await tablesWith("only Zoë writes so")).toEqual(
      work === "deleted" ? [] : ["Submission"],
    );
  });

  test("that grades were changed stays in the log, and nothing of what was said of the person", async () => {
    const { userId, runId, byId } = zoe;
    expect(await tablesWith(SAID)).toEqual(["GradeEvent"]);
    await transaction((tx) => erasePerson(tx, { userId, work, byId }));
    expect(await tablesWith(SAID)).toEqual([]);
    const nobody = await db().user.findFirst({ where: { id: { not: byId } } });
    expect(nobody?.createdAt.getTime()).toBe(work === "deleted" ? undefined : 0);
    const id = nobody?.id ?? userId;
    const events = await db().gradeEvent.findMany({ where: { runId }, orderBy: { kind: "asc" } });
    expect(events).toMatchObject([
      { userId: id, actorId: id, after: { score: 2, gradedById: id, tests: [{ points: 2 }] } },
      { userId: null, actorId: byId, after: { dates: [{ target: { userId: id } }] } },
      { userId: id, actorId: byId, before: { points: 1, comment: "" }, after: { points: 2 } },
    ]);
  });

  test("the words that others have answered, and the course, stay", async () => {
    const { userId, byId } = zoe;
    await transaction((tx) => erasePerson(tx, { userId, work, byId }));
    expect(await db().question.findFirst()).toMatchObject({ text: "Why so?", authorId: null });
    expect(await db().answer.count({ where: { authorId: null } })).toBe(1);
    expect(await db().contentVersion.count({ where: { authorId: null } })).toBe(1);
  });

  test("what is told before is what happens, and telling changes nothing", async () => {
    const { userId, byId } = zoe;
    const told = await planErasure(db(), userId, work);
    expect(await tablesWith(NAME)).toContain("User");
    const happened = await transaction((tx) => erasePerson(tx, { userId, work, byId }));
    expect(happened).toEqual(told);
    const kept = await db().erasure.findFirst({ where: { userId, byId } });
    expect(kept).toMatchObject({ byId, work, steps: told });
  });
});

test("work that stays belongs to an account that nobody can enter, so that the class’s sums stay", async () => {
  const { userId, runId, byId } = zoe;
  await transaction((tx) => erasePerson(tx, { userId, work: "unnamed", byId }));
  const left = await db().enrolment.findFirstOrThrow({
    where: { runId, userId: { not: byId } },
    include: { user: { include: { accounts: true, submissions: { include: { results: true } } } } },
  });
  expect(left.user).toMatchObject({ name: "Erased person", banned: true, accounts: [] });
  expect(left.user.submissions[0]?.results[0]?.score).toBe(2);
});

test("others keep everything", async () => {
  const before = await db().user.findUnique({ where: { id: zoe.byId } });
  const { userId, byId } = zoe;
  await transaction((tx) => erasePerson(tx, { userId, work: "deleted", byId }));
  expect(await db().user.findUnique({ where: { id: byId } })).toEqual(before);
  expect(await db().enrolment.count({ where: { userId: byId } })).toBe(1);
});

test("the export holds each table’s rows and each submission as a file, and no secret", async () => {
  const files = unzipSync(await personZip(db(), zoe.userId));
  const names = Object.keys(files);
  expect(names).toHaveLength(3);
  const submitted = names.find((name) => name.startsWith("submissions/")) ?? "";
  expect(submitted).toMatch(/^submissions\/[\w-]+\/E?[\d.]+-add-up\/attempt-1\.ts$/);
  expect(strFromU8(files[submitted] ?? new Uint8Array())).toBe(SOURCE);
  const text = strFromU8(files["data.json"] ?? new Uint8Array());
  const ofPersons = tableRules().filter(
    ({ rule }) => rule.erased !== "nothing" && !("isOthers" in rule),
  );
  const tables = new Set(ofPersons.map(({ table }) => table));
  expect(Object.keys(JSON.parse(text)).sort()).toEqual([...tables].sort());
  expect(text).toContain(NAME);
  const account = await db().account.findFirstOrThrow({ where: { userId: zoe.userId } });
  expect(account.password).not.toBeNull();
  for (const secret of ["secret-token", account.password ?? ""]) expect(text).not.toContain(secret);
  expect(text).not.toContain("password-link:");
});

test("the export does not say what hidden tests are called before the close", async () => {
  const result = await db().submissionResult.findFirstOrThrow();
  const tests = [{ id: "telling", kind: "failed", points: 0, max: 3, feedback: "Look again." }];
  await db().submissionResult.update({ where: { id: result.id }, data: { tests } });
  // A repeat has put another result in the place of one that named a test, too.
  const replaced = {
    status: "graded",
    score: 1,
    max: 3,
    tests: [{ ...tests[0], id: "revealing" }],
  };
  await db().regradeEntry.updateMany({ data: { replaced } });
  const exported = async () =>
    strFromU8(unzipSync(await personZip(db(), zoe.userId))["data.json"] ?? new Uint8Array());
  expect(await exported()).toContain("telling");
  const { runId } = await db().exercise.findFirstOrThrow({
    where: { submissions: { some: { userId: zoe.userId } } },
  });
  const rule = { fields: { keepsTitles: 1 } };
  await db().$transaction((tx) => storeRule(tx, runId, rule));
  expect(await exported()).not.toMatch(/telling|revealing/);
  expect(await exported()).toContain("Look again.");
  await db().$transaction((tx) =>
    storeRule(tx, runId, { fields: { keepsTitles: 1, closesAt: Date.now() - 1 } }),
  );
  const closed = await exported();
  for (const id of ["telling", "revealing"]) expect(closed).toContain(id);
});

test("the export leaves out what is said of work whose grades are not released", async () => {
  await db().exercise.updateMany({ data: { isHeld: true } });
  const files = unzipSync(await personZip(db(), zoe.userId));
  const tables = Object.keys(JSON.parse(strFromU8(files["data.json"] ?? new Uint8Array())));
  expect(tables).toContain("Submission");
  for (const table of ["SubmissionResult", "GradeOverride", "LineComment", "RegradeEntry"]) {
    expect(tables).not.toContain(table);
  }
});

test("the export holds what a new version makes of a grade only where that is applied", async () => {
  const { id, submissionId, versionId, ...result } = await db().submissionResult.findFirstOrThrow();
  const { exerciseId, manifest, judge } = await db().exerciseVersion.findUniqueOrThrow({
    where: { id: versionId },
  });
  const newer = await db().exerciseVersion.create({
    data: { exerciseId, hash: "newer", manifest: manifest as object, judge },
  });
  const tried = await db().submissionResult.create({
    data: {
      ...{ submissionId, versionId: newer.id, counts: false },
      ...{ status: result.status, score: 3, max: 3, tests: [], ms: 1 },
    },
  });
  await db().regradeEntry.updateMany({
    data: { scoreBefore: 2, scoreAfter: 3, resultBeforeId: id, resultAfterId: tried.id },
  });
  const exported = async (state: "dry" | "dismissed" | "undone" | "applied") => {
    await db().regrade.updateMany({ data: { state } });
    const files = unzipSync(await personZip(db(), zoe.userId));
    const data = JSON.parse(strFromU8(files["data.json"] ?? new Uint8Array()));
    const scores = data.SubmissionResult.map(({ score }: { score: number }) => score).sort();
    return [scores, data.RegradeEntry?.length ?? 0];
  };
  for (const state of ["dry", "dismissed", "undone"] as const) {
    expect(await exported(state)).toEqual([[2], 0]);
  }
  expect(await exported("applied")).toEqual([[2, 3], 1]);
});
