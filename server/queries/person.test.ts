import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { mayMakeResetLink, type Viewer } from "../policies/index.ts";
import { listPeople, personForChange, setRole } from "./person.ts";

ownDatabase();

test("whom an instructor has enrolled gets no reset link from them as long as they write in any course", async () => {
  const [mine, other] = [await aRun("mine"), await aRun("other")];
  const viewer: Viewer = {
    ...{ userId: "ada", name: "Ada", username: "ada", isAdmin: false },
    ...{ roles: [{ runId: mine.id, role: "instructor" }], courses: [mine.courseId] },
  };
  for (const [userId, write] of Object.entries({
    nothing: async () => {},
    author: (id: string) => authors(id, mine.courseId),
    "author elsewhere": (id: string) => authors(id, other.courseId),
    "instructor elsewhere": (id: string) =>
      setRole(db(), { userId: id, runId: other.id }, "instructor"),
  })) {
    await db().user.create({ data: { id: userId, name: userId, email: `${userId}@x.example` } });
    await write(userId);
    await setRole(db(), { userId, runId: mine.id }, "student");
  }
  const allowed = async (userId: string) => {
    const person = await personForChange(db(), userId);
    return person !== undefined && mayMakeResetLink(viewer, person).kind === "allowed";
  };
  expect(await allowed("nothing")).toBe(true);
  expect(await allowed("author")).toBe(false);
  expect(await allowed("author elsewhere")).toBe(false);
  expect(await allowed("instructor elsewhere")).toBe(false);
  const { people } = await listPeople(db(), { runIds: [mine.id], search: "", limit: 10 });
  expect(people.map(({ userId, courses }) => [userId, courses])).toEqual([
    ["author", [mine.courseId]],
    ["author elsewhere", [other.courseId]],
    ["instructor elsewhere", [other.courseId]],
    ["nothing", []],
  ]);
});

async function aRun(slug: string) {
  const data = { slug, title: slug, course: { create: { slug, title: slug } } };
  return db().courseRun.create({ data });
}

async function authors(userId: string, courseId: string): Promise<void> {
  await db().courseAuthor.create({ data: { userId, courseId } });
}
