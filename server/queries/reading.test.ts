import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { classCellErrors, classReading, READERS_MIN } from "./class-reading.ts";
import { setRole } from "./person.ts";
import {
  keepReading,
  ownReading,
  type Reading,
  runOfReader,
  setReadingCounted,
} from "./reading.ts";

ownDatabase();

const SECTIONS = ["one", "two", "three"];
const LECTURE = "01-bits";
const NOTHING: Reading = { section: "", ran: [], failed: [], failedAsGiven: [] };
const ADA = { runId: "run", userId: "ada" };

beforeEach(async () => {
  await db().courseRun.deleteMany();
  await db().user.deleteMany();
});

test("of what is told again and from elsewhere the furthest section stays, and all cells", async () => {
  await classOf(["ada"]);
  await read("ada", { section: "two", ran: ["a"] });
  await read("ada", { section: "one", ran: ["b"], failed: ["a"], failedAsGiven: ["a"] });
  await read("ada", { section: "", ran: ["a"] });
  const kept = await ownReading(db(), ADA);
  expect([...kept]).toEqual([
    [LECTURE, { section: "two", ran: ["a", "b"], failed: ["a"], failedAsGiven: ["a"] }],
  ]);
});

test("a section that is gone from the lecture gives way to any that is there", async () => {
  await classOf(["ada"]);
  await read("ada", { section: "of an older lecture" });
  await read("ada", { section: "one" });
  expect((await ownReading(db(), ADA)).get(LECTURE)?.section).toBe("one");
});

test("the staff gets how many students came how far, and at which cells how many failed", async () => {
  const names = ["ada", "bao", "cem", "dee", "eve"];
  await classOf(names);
  await read("ada", { section: "three", ran: ["a"], failed: ["a"], failedAsGiven: ["a"] });
  await read("bao", { section: "two", failed: ["a"] });
  await read("cem", { section: "two", ran: ["a"] });
  await read("dee", {});
  await read("eve", {});
  const lecture = (await classReading(db(), "run")).get(LECTURE);
  expect(lecture?.readers).toBe(5);
  expect(Object.fromEntries(lecture?.stops ?? [])).toEqual({ "": 2, two: 2, three: 1 });
  const errors = await classCellErrors(db(), { runId: "run", lectureSlug: LECTURE });
  expect([...(errors.get(LECTURE) ?? [])]).toEqual([
    ["a", { ran: 3, failed: 2, stillFails: 1, failedAsGiven: 1 }],
  ]);
  expect(await classCellErrors(db(), { runId: "run", lectureSlug: "02-other" })).toEqual(new Map());
});

test("of few readers nothing is told, and who is no student any more is not among them", async () => {
  const names = Array.from({ length: READERS_MIN }, (_, place) => `student ${place}`);
  await classOf(names);
  for (const name of names) await read(name, { failed: ["a"] });
  expect((await classReading(db(), "run")).size).toBe(1);
  await setRole(db(), { runId: "run", userId: names[0] ?? "" }, "ta");
  expect((await classReading(db(), "run")).size).toBe(0);
  expect((await classCellErrors(db(), { runId: "run" })).size).toBe(0);
});

test("who says no is forgotten and counted no more, in that run alone", async () => {
  await classOf(["ada"]);
  await classOf(["ada"], "another");
  await read("ada", { section: "two" });
  await keepReading(db(), { ...ADA, runId: "another", lectureSlug: LECTURE }, NOTHING, SECTIONS);
  await setReadingCounted(db(), ADA, false);
  expect((await ownReading(db(), ADA)).size).toBe(0);
  expect((await ownReading(db(), { ...ADA, runId: "another" })).size).toBe(1);
  await db().enrolment.update({ where: { runId_userId: ADA }, data: { chosenAt: new Date() } });
  expect(await runOfReader(db(), "ada")).toMatchObject({ runId: "run", isCounted: false });
  await setReadingCounted(db(), ADA, true);
  expect(await runOfReader(db(), "ada")).toMatchObject({ runId: "run", isCounted: true });
});

test("of two visits told at the same time both are kept", async () => {
  await classOf(["ada"]);
  const visits = ["a", "b", "c", "d"].map((cell) => read("ada", { section: "one", ran: [cell] }));
  await Promise.all(visits);
  expect((await ownReading(db(), ADA)).get(LECTURE)?.ran).toEqual(["a", "b", "c", "d"]);
});

function read(userId: string, reading: Partial<Reading>): Promise<void> {
  const key = { runId: "run", userId, lectureSlug: LECTURE };
  return keepReading(db(), key, { ...NOTHING, ...reading }, SECTIONS);
}

async function classOf(names: readonly string[], runId = "run"): Promise<void> {
  const course = { create: { slug: crypto.randomUUID(), title: runId } };
  await db().courseRun.create({ data: { id: runId, slug: runId, title: runId, course } });
  for (const id of names) {
    const create = { id, name: id, email: `${id}@example.org` };
    await db().user.upsert({ where: { id }, create, update: {} });
    await setRole(db(), { runId, userId: id }, "student");
  }
}
