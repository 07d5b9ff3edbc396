import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ownDatabase } from "../../../tests/database.ts";
import {
  type ProviderPerson,
  startProvider,
  type TestProvider,
} from "../../../tests/oidc-provider.ts";
import { db, transaction } from "../../db/index.ts";
import { auth } from "../better-auth.ts";
import { createAccount } from "../create-account.ts";
import { hasPassword } from "../password.ts";
import { makePasswordLink, ownerOfPasswordLink } from "../password-link.ts";
import { signIn } from "../sign-in.ts";
import { connectIdentity, type EnterResult, enterByOidc, isConnected } from "./identity.ts";
import {
  beginOidc,
  connectPath,
  connectsWhom,
  endSessionUrl,
  type FinishResult,
  finishOidc,
} from "./journey.ts";
import { type OidcSettings, oidcSettings } from "./settings.ts";
import { openTicket, sealTicket } from "./ticket.ts";

const ORIGIN = "https://os.example.edu";
vi.stubEnv("KERNELBOOK_SECRET", "a-secret-that-only-tests-ever-use");
vi.stubEnv("KERNELBOOK_ORIGIN", ORIGIN);
vi.stubEnv("KERNELBOOK_DEMO", "0");
ownDatabase();

let provider: TestProvider;

beforeAll(async () => {
  provider = await startProvider({ callback: `${ORIGIN}/signin/oidc/callback` });
});
afterAll(() => provider.close());

function setEnvironment({ issuer, clientId, clientSecret }: TestProvider): void {
  vi.stubEnv("KERNELBOOK_OIDC_ISSUER", issuer);
  vi.stubEnv("KERNELBOOK_OIDC_CLIENT_ID", clientId);
  vi.stubEnv("KERNELBOOK_OIDC_CLIENT_SECRET", clientSecret);
}

beforeEach(async () => {
  setEnvironment(provider);
  await db().courseRun.deleteMany();
  await db().course.deleteMany();
  await db().user.deleteMany();
});

function settings(): OidcSettings {
  const set = oidcSettings();
  if (set === undefined) throw new Error("no provider");
  return set;
}

const SUE: ProviderPerson = {
  sub: "s-1",
  email: "sue@example.edu",
  email_verified: true,
  name: "Sue Okafor",
  preferred_username: "sokafor",
};

/** What the site learns from the provider when this person comes by it. */
async function arrive(person: ProviderPerson | undefined, at = provider): Promise<FinishResult> {
  at.person = person;
  const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
  if (begun.kind !== "go") throw new Error(begun.kind);
  const ticket = openTicket(begun.ticket, new Date());
  if (ticket === undefined) throw new Error("no ticket");
  return finishOidc(settings(), (await at.visit(begun.url)).search, ticket);
}

async function enter(person: ProviderPerson, mayMakeAccount = false): Promise<EnterResult> {
  const found = await arrive(person);
  if (found.kind !== "known") throw new Error(found.kind);
  return enterByOidc(found.identity, { mayMakeAccount }, new Headers());
}

/** Made by the staff, unless said otherwise. */
async function account(email: string, { isAddressVouchedFor = true } = {}): Promise<string> {
  const username = email.split("@")[0] ?? "";
  const made = await transaction((tx) =>
    createAccount(tx, {
      name: "Sue",
      username,
      email,
      password: "a password",
      isAddressVouchedFor,
    }),
  );
  if (made.kind !== "created") throw new Error(made.kind);
  return made.userId;
}

async function enrol(userId: string, role: "student" | "ta" | "instructor"): Promise<string> {
  const course = await db().course.create({ data: { slug: crypto.randomUUID(), title: "OS" } });
  const data = { courseId: course.id, slug: crypto.randomUUID(), title: "Autumn" };
  const run = await db().courseRun.create({ data });
  await db().enrolment.create({ data: { runId: run.id, userId, role } });
  return course.id;
}

describe("the way to the provider and back", () => {
  test("tells who came, with a code that is bound to this browser by PKCE, state and nonce", async () => {
    const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
    if (begun.kind !== "go") throw new Error(begun.kind);
    const asked = new URL(begun.url).searchParams;
    expect(asked.get("response_type")).toBe("code");
    expect(asked.get("code_challenge_method")).toBe("S256");
    expect(asked.get("redirect_uri")).toBe(`${ORIGIN}/signin/oidc/callback`);
    for (const name of ["state", "nonce", "code_challenge"])
      expect(asked.get(name)).toMatch(/^.{20,}/);
    expect(await arrive(SUE)).toMatchObject({
      kind: "known",
      identity: {
        issuer: provider.issuer,
        subject: "s-1",
        email: "sue@example.edu",
        isEmailVerified: true,
        name: "Sue Okafor",
        username: "sokafor",
      },
    });
  });

  test.each([
    { name: "post", isPost: true },
    { name: "claims in the ID token", inIdToken: true },
  ])("goes with a provider of another kind: $name", async ({ name: _, ...kind }) => {
    const other = await startProvider({ callback: `${ORIGIN}/signin/oidc/callback`, ...kind });
    setEnvironment(other);
    expect(await arrive(SUE, other)).toMatchObject({ kind: "known" });
    await other.close();
  });

  test("fails for a code that another browser was given, and for one that was used", async () => {
    provider.person = SUE;
    const begin = async () => {
      const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
      if (begun.kind !== "go") throw new Error(begun.kind);
      const ticket = openTicket(begun.ticket, new Date());
      if (ticket === undefined) throw new Error("no ticket");
      return { ticket, query: (await provider.visit(begun.url)).search };
    };
    const [one, two] = [await begin(), await begin()];
    expect(await finishOidc(settings(), one.query, two.ticket)).toEqual({ kind: "failed" });
    const planted = new URLSearchParams(one.query);
    planted.set("state", two.ticket.state);
    expect(await finishOidc(settings(), `?${planted}`, two.ticket)).toEqual({ kind: "failed" });
    const otherNonce = { ...two.ticket, nonce: one.ticket.nonce };
    expect(await finishOidc(settings(), two.query, otherNonce)).toEqual({ kind: "failed" });
    expect(await finishOidc(settings(), two.query, two.ticket)).toEqual({ kind: "failed" });
    expect(await finishOidc(settings(), "?code=x", one.ticket)).toEqual({ kind: "failed" });
  });

  test("ends where the person turns back, or the provider is away", async () => {
    expect(await arrive(undefined)).toEqual({ kind: "cancelled" });
    vi.stubEnv("KERNELBOOK_OIDC_ISSUER", "http://127.0.0.1:1");
    const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
    expect(begun).toEqual({ kind: "away" });
  });

  test("keeps a ticket that nobody else can make, change or use later", async () => {
    const now = new Date();
    const ticket = {
      state: "s",
      nonce: "n",
      verifier: "v",
      from: "/",
      until: now.getTime() + 1000,
    };
    const sealed = sealTicket(ticket);
    expect(openTicket(sealed, now)).toEqual(ticket);
    expect(sealed).not.toContain(Buffer.from("verifier").toString("base64url"));
    expect(openTicket(sealed, new Date(ticket.until))).toBeUndefined();
    const bytes = Buffer.from(sealed, "base64url");
    for (const at of [0, 13, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openTicket(changed.toString("base64url"), now)).toBeUndefined();
    }
    for (const nonsense of ["", "x", JSON.stringify(ticket)]) {
      expect(openTicket(nonsense, now)).toBeUndefined();
    }
  });

  test("knows where one signs out at the provider, too", async () => {
    const url = new URL((await endSessionUrl()) ?? "");
    expect(url.origin).toBe(provider.issuer);
    expect(url.searchParams.get("post_logout_redirect_uri")).toBe(`${ORIGIN}/signin`);
  });
});

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
  expect(await isConnected(userId, provider.issuer)).toBe(false);
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

describe("a link that connects", () => {
  async function sessionOf(userId: string): Promise<Headers> {
    const { headers } = await auth().api.enter({ body: { userId }, returnHeaders: true });
    return new Headers({ cookie: headers.getSetCookie()[0]?.split(";")[0] ?? "" });
  }
  const wordOf = (path = "") => new URL(path, ORIGIN).searchParams.get("connect") ?? "";

  test("works for the session whose page has it, for an hour", async () => {
    const sue = await account("sue@example.edu");
    const [here, there] = [await sessionOf(sue), await sessionOf(sue)];
    const now = new Date();
    const word = wordOf(await connectPath(here, now));
    expect(await connectsWhom(word, here, now)).toBe(sue);
    expect(await connectsWhom(word, there, now)).toBeUndefined();
    expect(await connectsWhom(word, here, new Date(now.getTime() + 3_600_000))).toBeUndefined();
    expect(await connectsWhom(word, new Headers(), now)).toBeUndefined();
    const longer = word.replace(/^\d+/, (until) => String(Number(until) + 1));
    for (const forged of [longer, "", "NaN.x", `${word}x`]) {
      expect(await connectsWhom(forged, here, now)).toBeUndefined();
    }
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

describe("settings", () => {
  test.each([
    { set: { KERNELBOOK_OIDC_ISSUER: "login.example.edu" }, says: "KERNELBOOK_OIDC_ISSUER is" },
    { set: { KERNELBOOK_OIDC_ISSUER: "http://login.example.edu" }, says: "begins with https://" },
    { set: { KERNELBOOK_OIDC_CLIENT_ID: "" }, says: "KERNELBOOK_OIDC_CLIENT_ID is not set" },
    { set: { KERNELBOOK_ORIGIN: "" }, says: "KERNELBOOK_ORIGIN is not set" },
    {
      set: { KERNELBOOK_OIDC_ISSUER: "", KERNELBOOK_PASSWORDS: "0" },
      says: "nobody could sign in",
    },
    { set: { KERNELBOOK_OIDC_SIGNUP: "yes" }, says: "KERNELBOOK_OIDC_SIGNUP is yes" },
  ])("$set is refused", ({ set, says }) => {
    for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
    expect(() => oidcSettings()).toThrow(says);
    vi.stubEnv("KERNELBOOK_ORIGIN", ORIGIN);
    vi.stubEnv("KERNELBOOK_OIDC_SIGNUP", "");
    vi.stubEnv("KERNELBOOK_PASSWORDS", "1");
  });
});
