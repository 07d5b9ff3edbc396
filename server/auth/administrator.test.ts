import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { hasAdministrator, makeAdministrator } from "./administrator.ts";
import { ownerOfPasswordLink } from "./password-link.ts";

ownDatabase();
beforeEach(async () => {
  await db().user.deleteMany();
});

const ada = { email: "ada@example.edu", name: "Ada", username: "ada" };

test("a site without an administrator gets one, whose link sets a password", async () => {
  expect(await hasAdministrator()).toBe(false);
  const answer = await makeAdministrator(ada);
  expect(await hasAdministrator()).toBe(true);
  if (answer.kind !== "made") throw new Error(answer.kind);
  const token = answer.link.split("/").at(-1) ?? "";
  expect(await ownerOfPasswordLink(token)).toEqual({ name: "Ada", username: "ada" });
});

test("somebody with an account becomes administrator and stays who they are", async () => {
  await db().user.create({ data: { id: "a", ...ada, username: "old.name", banned: true } });
  expect(await makeAdministrator(ada)).toMatchObject({ kind: "promoted" });
  const people = await db().user.findMany({ select: { username: true, role: true, banned: true } });
  expect(people).toEqual([{ username: "old.name", role: "admin", banned: false }]);
});

test("a user name that another has is refused, and nobody is made", async () => {
  await db().user.create({ data: { id: "b", ...ada, email: "other@example.edu" } });
  expect(await makeAdministrator(ada)).toEqual({ kind: "username-taken" });
  expect(await hasAdministrator()).toBe(false);
});

test("a closed administrator is none", async () => {
  await db().user.create({ data: { id: "c", ...ada, role: "admin", banned: true } });
  expect(await hasAdministrator()).toBe(false);
});
