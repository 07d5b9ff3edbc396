import { beforeEach, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { ADDRESS_HEADER } from "../operation/peer.ts";
import { auth } from "./better-auth.ts";
import { storePassword } from "./password.ts";
import { signIn, startSession } from "./sign-in.ts";
import { viewerOf } from "./viewer.ts";

vi.stubEnv("KERNELBOOK_SECRET", "a-secret-that-only-tests-ever-use");
ownDatabase();

const RIGHT = "correct horse battery";
const ada = { id: "ada", name: "Ada", email: "ada@example.edu", username: "ada" };
const noon = new Date("2026-11-01T12:00:00Z");

beforeEach(async () => {
  await db().user.deleteMany();
  await db().rateLimit.deleteMany();
  await db().user.create({ data: ada });
  await storePassword(db(), "ada", RIGHT);
});

const from = (address: string) => new Headers({ [ADDRESS_HEADER]: address });

function attempt(password: string, { name = "ada", at = noon, address = "192.0.2.1" } = {}) {
  return signIn({ name, password }, from(address), at);
}

/** The cookie that a browser would send back. */
async function cookieOf(userId: string): Promise<Headers> {
  const { headers } = await auth().api.enter({ body: { userId }, returnHeaders: true });
  return new Headers({ cookie: headers.getSetCookie()[0]?.split(";")[0] ?? "" });
}

test.each(["ada", "ADA", " ada@example.edu ", "Ada@Example.edu"])("%j signs in", async (name) => {
  expect(await attempt(RIGHT, { name })).toEqual({ kind: "signed-in", userId: "ada" });
});

test("a wrong password and a name that nobody has are answered alike", async () => {
  const answer = { kind: "no-match", tryNumber: 1 };
  expect(await attempt("wrong")).toEqual(answer);
  expect(await attempt(RIGHT, { name: "nobody" })).toEqual(answer);
  expect(await attempt(RIGHT, { name: "nobody@example.edu" })).toEqual(answer);
});

test("after five tries there is a pause, also for the right password", async () => {
  for (let i = 1; i <= 5; i++) expect(await attempt("wrong")).toMatchObject({ tryNumber: i });
  expect(await attempt(RIGHT)).toEqual({ kind: "paused", seconds: 60 });
  const later = (seconds: number) => new Date(noon.getTime() + seconds * 1000);
  expect(await attempt(RIGHT, { at: later(59) })).toEqual({ kind: "paused", seconds: 1 });
  expect(await attempt(RIGHT, { at: later(60) })).toMatchObject({ kind: "signed-in" });
});

test("the pause of one place is not that of another, nor that of another account", async () => {
  for (let i = 0; i < 6; i++) await attempt("wrong");
  expect(await attempt(RIGHT, { address: "192.0.2.9" })).toMatchObject({ kind: "signed-in" });
  expect(await attempt("wrong", { name: "bea" })).toMatchObject({ kind: "no-match" });
});

test("of tries made at once no more than five are free", async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => attempt("wrong")));
  expect(answers.filter(({ kind }) => kind === "no-match")).toHaveLength(5);
});

test("one account cannot be guessed from many places", async () => {
  const answers = [];
  for (let i = 0; i < 51; i++) answers.push(await attempt("x", { address: `192.0.2.${i}` }));
  expect(answers.findIndex(({ kind }) => kind === "paused")).toBe(50);
}, 60_000);

test("a closed account is told only to who knows its password", async () => {
  await db().user.updateMany({ data: { banned: true } });
  expect(await attempt("wrong")).toMatchObject({ kind: "no-match" });
  expect(await attempt(RIGHT)).toEqual({ kind: "banned" });
});

test("a viewer is who the cookie's session belongs to, with the roles of the moment", async () => {
  const headers = await cookieOf("ada");
  expect(await viewerOf(headers)).toEqual({
    userId: "ada",
    name: "Ada",
    username: "ada",
    isAdmin: false,
    roles: [],
    courses: [],
  });
  await db().user.update({ where: { id: "ada" }, data: { role: "admin" } });
  expect(await viewerOf(headers)).toMatchObject({ isAdmin: true });
});

test.each([
  { name: "that ran out", spoil: () => db().session.updateMany({ data: { expiresAt: noon } }) },
  { name: "that was ended", spoil: () => db().session.deleteMany() },
  {
    name: "of an account closed since",
    spoil: () => db().user.updateMany({ data: { banned: true } }),
  },
])("a session $name lets nobody in", async ({ spoil }) => {
  const headers = await cookieOf("ada");
  expect(await viewerOf(headers)).toBeDefined();
  await spoil();
  expect(await viewerOf(headers)).toBeUndefined();
});

test("a cookie that the site has not signed lets nobody in", async () => {
  const headers = await cookieOf("ada");
  const { token } = await db().session.findFirstOrThrow();
  const name = headers.get("cookie")?.split("=")[0];
  expect(await viewerOf(new Headers({ cookie: `${name}=${token}` }))).toBeUndefined();
  expect(await viewerOf(new Headers({ cookie: `${name}=${token}.AAAA` }))).toBeUndefined();
});

test("a sign-in has a session of its own and ends the one before", async () => {
  const before = await cookieOf("ada");
  const { token } = await db().session.findFirstOrThrow();
  await startSession("ada", before);
  const sessions = await db().session.findMany();
  expect(sessions).toHaveLength(1);
  expect(sessions[0]?.token).not.toBe(token);
  expect(await viewerOf(before)).toBeUndefined();
});
