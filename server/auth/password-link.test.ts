import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { userWithPassword } from "./password.ts";
import {
  LINK_HOURS,
  makePasswordLink,
  ownerOfPasswordLink,
  redeemPasswordLink,
} from "./password-link.ts";

ownDatabase();

const noon = new Date("2026-11-01T12:00:00Z");
const later = (hours: number) => new Date(noon.getTime() + hours * 3_600_000);

beforeEach(async () => {
  await db().user.deleteMany();
  await db().verification.deleteMany();
  await db().user.create({
    data: { id: "ada", name: "Ada", email: "ada@example.edu", username: "ada" },
  });
});

async function newToken(): Promise<string> {
  const link = await makePasswordLink(db(), "ada", noon);
  return link.slice(link.lastIndexOf("/") + 1);
}

test("a link says whose it is, sets the password, and ends the sessions", async () => {
  const token = await newToken();
  const session = { id: "s", userId: "ada", token: "t", expiresAt: later(999) };
  await db().session.create({ data: session });
  expect(await ownerOfPasswordLink(token, noon)).toEqual({ name: "Ada", username: "ada" });
  expect(await redeemPasswordLink(token, "a new password", noon)).toEqual({
    kind: "set",
    userId: "ada",
  });
  expect(await userWithPassword("ada", "a new password")).toBe("ada");
  expect(await db().session.count()).toBe(0);
});

test("a link works once, also when it is used twice at the same time", async () => {
  const token = await newToken();
  const both = [
    redeemPasswordLink(token, "one password", noon),
    redeemPasswordLink(token, "another one", noon),
  ];
  const kinds = (await Promise.all(both)).map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(["set", "spent"]);
  expect(await ownerOfPasswordLink(token, noon)).toBeUndefined();
});

test("a link is too old after its hours", async () => {
  const token = await newToken();
  expect(await ownerOfPasswordLink(token, later(LINK_HOURS - 1))).toBeDefined();
  expect(await ownerOfPasswordLink(token, later(LINK_HOURS))).toBeUndefined();
  expect(await redeemPasswordLink(token, "a new password", later(LINK_HOURS))).toEqual({
    kind: "spent",
  });
});

test("a new link ends the one before", async () => {
  const before = await newToken();
  await newToken();
  expect(await redeemPasswordLink(before, "a new password", noon)).toEqual({ kind: "spent" });
});

test("the database does not hold what a link is made of", async () => {
  const token = await newToken();
  expect(JSON.stringify(await db().verification.findMany())).not.toContain(token);
});
