import { describe, expect, test, vi } from "vitest";
import {
  account,
  arrive,
  enrol,
  enter,
  ownProvider,
  provider,
  SUE,
} from "../../../tests/oidc-arrival.ts";
import { db } from "../../db/index.ts";
import { auth } from "../better-auth.ts";
import { hasPassword } from "../password.ts";
import { makePasswordLink, ownerOfPasswordLink } from "../password-link.ts";
import { signIn } from "../sign-in.ts";
import { connectIdentity, enterByOidc, isConnected } from "./identity.ts";

ownProvider();

describe("an account that the staff has made", () => {
  test("is entered by who owns its address, and by them again when the address is another", async () => {
    const userId = await account("sue@example.edu");
    await enrol(userId, "student");
    expect(await enter({ ...SUE, email: "Sue@Example.edu" })).toEqual({
      kind: "signed-in",
      userId,
    });
    expect(await enter({ ...SUE, email: "sue.okafor@example.edu" })).toMatchObject({ userId });
    expect(await db().session.count({ where: { userId } })).toBe(2);
  });

  test("is then nobody’s who had a password, a session or a link before", async () => {
    const userId = await account("sue@example.edu");
    await auth().api.enter({ body: { userId } });
    const token = (await makePasswordLink(db(), userId)).split("/").at(-1) ?? "";
    await enter(SUE);
    expect(await hasPassword(userId, "a password")).toBe(false);
    expect(await ownerOfPasswordLink(token)).toBeUndefined();
    expect(await db().session.count({ where: { userId } })).toBe(1);
  });

  test.each([false, undefined, "true"])(
    "is not entered when the address is verified: %s",
    async (is) => {
      await account("sue@example.edu");
      const { email_verified: _, ...rest } = SUE;
      const person = is === undefined ? rest : { ...rest, email_verified: is };
      expect(await enter(person, true)).toEqual({ kind: "unverified" });
      expect(await db().session.count()).toBe(0);
    },
  );

  test.each(["ta", "instructor", "author", "admin"] as const)(
    "is not taken over from the staff: %s",
    async (who) => {
      const userId = await account("sue@example.edu");
      if (who === "admin")
        await db().user.update({ where: { id: userId }, data: { role: "admin" } });
      else {
        const courseId = await enrol(userId, who === "author" ? "student" : who);
        if (who === "author") await db().courseAuthor.create({ data: { courseId, userId } });
      }
      expect(await enter(SUE, true)).toEqual({ kind: "has-account" });
      expect(await hasPassword(userId, "a password")).toBe(true);
      // By their own word it is.
      const found = await arrive(SUE);
      if (found.kind !== "known") throw new Error(found.kind);
      expect(await connectIdentity(userId, found.identity)).toEqual({ kind: "connected" });
      expect(await enter(SUE)).toEqual({ kind: "signed-in", userId });
      expect(await hasPassword(userId, "a password")).toBe(true);
    },
  );

  test("is not entered by a second person whom the provider gives the same address", async () => {
    const userId = await account("sue@example.edu");
    expect(await enter(SUE)).toMatchObject({ userId });
    expect(await enter({ ...SUE, sub: "s-2" }, true)).toEqual({ kind: "has-account" });
  });

  test("stays closed when it is closed", async () => {
    const userId = await account("sue@example.edu");
    await db().user.update({ where: { id: userId }, data: { banned: true } });
    expect(await enter(SUE, true)).toEqual({ kind: "banned" });
    expect(await db().session.count()).toBe(0);
  });
});

describe("who has no account", () => {
  test("gets one only where that is allowed, once, also when they come twice at once", async () => {
    expect(await enter(SUE)).toEqual({ kind: "no-account" });
    const found = await arrive(SUE);
    if (found.kind !== "known") throw new Error(found.kind);
    const { identity } = found;
    const both = await Promise.all(
      [1, 2].map(() => enterByOidc(identity, { mayMakeAccount: true }, new Headers())),
    );
    expect(both.map(({ kind }) => kind)).toEqual(["signed-in", "signed-in"]);
    expect(
      await db().user.findMany({ select: { name: true, username: true, email: true, role: true } }),
    ).toEqual([
      { name: "Sue Okafor", username: "sokafor", email: "sue@example.edu", role: "user" },
    ]);
    expect(await db().enrolment.count()).toBe(0);
  });

  test("gets a user name that nobody has, whatever the provider says", async () => {
    await account("sokafor@example.edu");
    const names = [SUE.preferred_username, "../../ADMIN\r\n", "我", undefined];
    for (const [at, preferred] of names.entries()) {
      const { preferred_username: _, ...rest } = SUE;
      const person = { ...rest, sub: `n-${at}`, email: `${at}x.y@example.edu` };
      const named = preferred === undefined ? person : { ...person, preferred_username: preferred };
      expect(await enter(named, true)).toMatchObject({ kind: "signed-in" });
    }
    const made = await db().user.findMany({
      where: { email: { contains: "x.y@" } },
      orderBy: { email: "asc" },
    });
    expect(made.map(({ username }) => username)).toEqual(["sokafor-2", "admin", "2x.y", "3x.y"]);
  });

  test("has an address that is vouched for, also when twenty people have the name already", async () => {
    const taken = Array.from({ length: 20 }, (_, at) => (at === 0 ? "" : `-${at + 1}`));
    await db().user.createMany({
      data: taken.map((end) => {
        const username = `sokafor${end}`;
        return { id: username, name: "Sue", username, email: `${username}@elsewhere.example` };
      }),
    });
    expect(await enter(SUE, true)).toMatchObject({ kind: "signed-in" });
    const made = await db().user.findUniqueOrThrow({ where: { email: "sue@example.edu" } });
    expect(made.username).toMatch(/^reader-/);
    expect(made.emailVerified).toBe(true);
  });
});

test("an account whose address somebody has only typed is not entered by who owns the address", async () => {
  const userId = await account("sue@example.edu", { isAddressVouchedFor: false });
  expect(await enter(SUE, true)).toEqual({ kind: "has-account" });
  expect(await isConnected(userId, provider().issuer)).toBe(false);
});

test("one identity belongs to one account", async () => {
  await account("sue@example.edu");
  await enter(SUE);
  const other = await account("sam@example.edu");
  const found = await arrive(SUE);
  if (found.kind !== "known") throw new Error(found.kind);
  expect(await connectIdentity(other, found.identity)).toEqual({ kind: "taken" });
  // The same name at another provider is somebody else.
  const elsewhere = { ...found.identity, issuer: "https://elsewhere.example" };
  expect(await enterByOidc(elsewhere, { mayMakeAccount: false }, new Headers())).toMatchObject({
    kind: "signed-in",
  });
});

test("where passwords are off the right one lets nobody in", async () => {
  const userId = await account("sue@example.edu");
  const right = { name: "sue", password: "a password" };
  vi.stubEnv("KERNELBOOK_PASSWORDS", "0");
  expect(await signIn(right, new Headers())).toEqual({ kind: "off" });
  vi.stubEnv("KERNELBOOK_PASSWORDS", "1");
  expect(await signIn(right, new Headers())).toEqual({ kind: "signed-in", userId });
});
