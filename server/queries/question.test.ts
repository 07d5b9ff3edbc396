import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db, transaction } from "../db/index.ts";
import type { QuestionAudience } from "../policies/index.ts";
import {
  announcementsOf,
  editAnnouncement,
  insertAnnouncement,
  markAnnouncementRead,
  setAnnouncementRemoved,
  unreadAnnouncements,
} from "./announcement.ts";
import {
  type QuestionPlace,
  type QuestionReader,
  questionCounts,
  questionsOf,
  runToAskIn,
} from "./question.ts";
import {
  answerForChange,
  editTalk,
  insertAnswer,
  insertQuestion,
  questionForChange,
  setAudience,
  setTalkRemoved,
} from "./question-change.ts";
import { questionThread } from "./question-thread.ts";

ownDatabase();

let runId = "";
const reader = (userId: string, isStaff = false): QuestionReader => ({ runId, userId, isStaff });
const page = { limit: 50, offset: 0 };

beforeEach(async () => {
  await db().courseRun.deleteMany();
  await db().user.deleteMany();
  const course = await db().course.create({ data: { slug: randomUUID(), title: "Tests" } });
  const run = { courseId: course.id, slug: randomUUID(), title: "Tests" };
  runId = (await db().courseRun.create({ data: run })).id;
  for (const id of ["asker", "mate", "ta"]) {
    await db().user.create({ data: { id, name: id, email: `${id}@example.org` } });
    const role = id === "ta" ? "ta" : "student";
    await db().enrolment.create({ data: { runId, userId: id, role } });
  }
});

async function ask(
  title: string,
  audience: QuestionAudience = "class",
  place: QuestionPlace = {},
): Promise<string> {
  const texts = { title, text: `${title}?`, quote: undefined };
  return insertQuestion(db(), { runId, authorId: "asker", audience, ...texts, ...place });
}

async function change<T>(
  id: string,
  work: (question: NonNullable<Awaited<ReturnType<typeof questionForChange>>>) => Promise<T>,
): Promise<T> {
  const question = await questionForChange(db(), id);
  if (question === undefined) throw new Error(`no question ${id}`);
  return work(question);
}

async function titles(who: QuestionReader, list: Parameters<typeof questionsOf>[2]["list"]) {
  const { questions, total } = await questionsOf(db(), who, { list, ...page });
  expect(total).toBe(questions.length);
  return questions.map(({ title }) => title);
}

test("who is in several runs asks in the one that they have chosen, as their pages belong to it", async () => {
  const { courseId } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  const newer = {
    courseId,
    slug: randomUUID(),
    title: "Newer",
    createdAt: new Date(Date.now() + 1),
  };
  const { id: newerId } = await db().courseRun.create({ data: newer });
  await db().enrolment.create({ data: { runId: newerId, userId: "asker", role: "student" } });
  expect((await runToAskIn(db(), "asker"))?.id).toBe(newerId);
  const inFirst = { runId_userId: { runId, userId: "asker" } };
  await db().enrolment.update({ where: inFirst, data: { chosenAt: new Date() } });
  expect((await runToAskIn(db(), "asker"))?.id).toBe(runId);
  await db().courseRun.update({ where: { id: runId }, data: { archivedAt: new Date() } });
  expect((await runToAskIn(db(), "asker"))?.id).toBe(newerId);
  expect(await runToAskIn(db(), "nobody")).toBeUndefined();
});

describe("what is asked", () => {
  test("is listed for those who see it: the staff all of it, others the class’s and their own", async () => {
    await ask("of all");
    await ask("of the staff", "staff");
    await change(await ask("taken away"), (q) => setTalkRemoved(db(), { question: q }, "ta", true));
    expect(await titles(reader("asker"), "all")).toEqual(["of the staff", "of all"]);
    expect(await titles(reader("mate"), "all")).toEqual(["of all"]);
    expect(await titles(reader("mate"), "mine")).toEqual([]);
    expect(await titles(reader("mate"), "removed")).toEqual([]);
    expect(await titles(reader("ta", true), "staff")).toEqual(["of the staff"]);
    expect(await titles(reader("ta", true), "removed")).toEqual(["taken away"]);
  });

  test("is counted at its place, as far as the reader sees it", async () => {
    const lectureSlug = "11-x";
    await ask("one", "class", { lectureSlug, cellId: "a" });
    await ask("two", "staff", { lectureSlug, cellId: "a" });
    await ask("three", "class", { lectureSlug, exerciseSlug: "e" });
    await ask("elsewhere", "class", { lectureSlug: "12-y", cellId: "a" });
    const count = async (who: QuestionReader) =>
      Object.fromEntries(
        (await questionCounts(db(), who, lectureSlug)).map((c) => [
          c.cellId ?? c.exerciseSlug,
          c.questions,
        ]),
      );
    expect(await count(reader("asker"))).toEqual({ a: 2, e: 1 });
    expect(await count(reader("mate"))).toEqual({ a: 1, e: 1 });
  });

  test("keeps its asker’s name from the class when it was asked for the staff", async () => {
    const id = await ask("shy", "staff");
    await change(id, (question) => setAudience(db(), question, "ta", "class"));
    const nameFor = async (who: QuestionReader) =>
      (await questionsOf(db(), who, { list: "all", ...page })).questions[0]?.author;
    expect(await nameFor(reader("mate"))).toBeUndefined();
    expect(await nameFor(reader("asker"))).toBe("asker");
    expect(await nameFor(reader("ta", true))).toBe("asker");
  });

  test("is answered by the staff’s word, and open again when the asker says more", async () => {
    const id = await ask("why");
    const answer = (authorId: string, isStaff = false) =>
      change(id, (question) => insertAnswer(db(), { question, authorId, isStaff, text: "so" }));
    await answer("mate");
    expect(await titles(reader("ta", true), "open")).toEqual(["why"]);
    await answer("ta", true);
    expect(await titles(reader("ta", true), "open")).toEqual([]);
    await answer("asker");
    expect(await titles(reader("ta", true), "open")).toEqual(["why"]);
    const thread = await questionThread(db(), { runId, id });
    expect(thread?.answers.map(({ author }) => author)).toEqual(["mate", "ta", "asker"]);
    expect(thread?.changes.map(({ kind, by }) => `${kind} ${by}`)).toEqual([
      "answered ta",
      "reopened asker",
    ]);
  });

  test("is no question of another run", async () => {
    const id = await ask("here");
    expect(await questionThread(db(), { runId: "another", id })).toBeUndefined();
  });
});

test("what an edit replaces and what is taken away stay for the staff", async () => {
  const id = await ask("first words");
  await change(id, (question) => editTalk(db(), { question }, "asker", "other words"));
  const answerId = await change(id, (question) =>
    insertAnswer(db(), { question, authorId: "mate", isStaff: false, text: "rude" }),
  );
  const answer = await answerForChange(db(), answerId);
  await change(id, (question) => setTalkRemoved(db(), { question, answer }, "ta", true));
  const thread = await questionThread(db(), { runId, id });
  expect(thread).toMatchObject({ text: "other words", isRemoved: false });
  expect(thread?.answers).toMatchObject([{ text: "rude", isRemoved: true }]);
  const kept = await db().questionChange.findMany({ orderBy: { id: "asc" } });
  expect(kept).toMatchObject([
    { kind: "edited", before: "first words?", byId: "asker", answerId: null },
    { kind: "removed", answerId, byId: "ta" },
  ]);
});

test("of two who change a question at once the second sees what the first did", async () => {
  const id = await ask("twice");
  const settle = () =>
    transaction(async (tx) => {
      const question = await questionForChange(tx, id);
      if (question === undefined) throw new Error("no question");
      await setTalkRemoved(tx, { question }, "ta", true);
    });
  await Promise.all([settle(), settle(), settle()]);
  expect(await db().questionChange.count()).toBe(1);
});

test("an announcement is unread until it is read, and again after an edit", async () => {
  const said = { title: "Room", text: "B 1" };
  const announcementId = await insertAnnouncement(db(), { runId, authorId: "ta", ...said });
  const unread = async (userId: string) =>
    (await unreadAnnouncements(db(), userId, 5)).map(({ text }) => text);
  expect(await unread("mate")).toEqual(["B 1"]);
  expect(await unread("ta")).toEqual([]);
  await markAnnouncementRead(db(), { announcementId, userId: "mate" });
  await markAnnouncementRead(db(), { announcementId, userId: "mate" });
  expect(await unread("mate")).toEqual([]);
  await editAnnouncement(db(), announcementId, { title: "Room", text: "B 2" });
  expect(await unread("mate")).toEqual(["B 2"]);
  await setAnnouncementRemoved(db(), announcementId, true);
  expect(await unread("mate")).toEqual([]);
  const seen = async (isStaff: boolean) =>
    (await announcementsOf(db(), { runId, userId: "x", isStaff }, 9)).length;
  expect([await seen(true), await seen(false)]).toEqual([1, 0]);
});
