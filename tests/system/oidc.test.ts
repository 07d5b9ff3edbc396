import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePasswordLink } from "../../server/auth/password-link.ts";
import { makeInvitation } from "../../server/class/invitation.ts";
import { db } from "../../server/db/client.ts";
import { type ProviderPerson, startProvider, type TestProvider } from "../oidc-provider.ts";
import { freePort, type Site, startSite } from "../site.ts";
import { type ActionName, builtActions, callAction, form } from "./action-call.ts";
import { cookieOf, PASSWORD, World } from "./visitors.ts";

const ids = builtActions();
const TICKET = "kernelbook.oidc";

let provider: TestProvider;
let site: Site;
let world: World;

beforeAll(async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  provider = await startProvider({ callback: `${origin}/signin/oidc/callback` });
  site = await startSite({
    PORT: String(port),
    KERNELBOOK_ORIGIN: origin,
    KERNELBOOK_GRADERS: "0",
    KERNELBOOK_DEMO: "0",
    KERNELBOOK_OIDC_ISSUER: provider.issuer,
    KERNELBOOK_OIDC_CLIENT_ID: provider.clientId,
    KERNELBOOK_OIDC_CLIENT_SECRET: provider.clientSecret,
    KERNELBOOK_OIDC_NAME: "Example University",
    KERNELBOOK_PASSWORDS: "0",
  });
  world = await World.open({ ...site, url: origin });
});

afterAll(async () => {
  await world.close();
  await site.stop();
  await provider.close();
});

/** A browser as far as this needs one. */
class Browser {
  readonly cookies = new Map<string, string>();

  constructor(cookie = "") {
    const end = cookie.indexOf("=");
    if (end > 0) this.cookies.set(cookie.slice(0, end), cookie.slice(end + 1));
  }

  async get(path: string): Promise<{ status: number; to: string; text: string }> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const url = new URL(path, world.site.url);
    const response = await fetch(url, { headers: { cookie }, redirect: "manual" });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const to = response.headers.get("location") ?? "";
    return {
      status: response.status,
      to,
      text: (await response.text()).replaceAll("<!-- -->", ""),
    };
  }

  /** To the provider and back; answers where that ends. */
  async travel(path: string, person: ProviderPerson | undefined): Promise<string> {
    provider.person = person;
    const { to } = await this.get(path);
    if (!to.startsWith(provider.issuer)) return to;
    return (await this.get((await provider.visit(to)).href)).to;
  }

  isSignedIn(): Promise<boolean> {
    return this.get("/account").then(({ status }) => status === 200);
  }
}

async function newPerson(): Promise<ProviderPerson & { userId: string }> {
  const { userId, username } = await world.newStudent(PASSWORD);
  await db().user.update({ where: { id: userId }, data: { emailVerified: true } });
  const email = `${username}@example.edu`;
  return { sub: username, email, email_verified: true, name: username, userId };
}

const call = (name: ActionName, path: string, args: readonly unknown[], cookie = "") =>
  callAction({ url: world.site.url + path, id: ids.get(name) ?? "", args, headers: { cookie } });

test("the sign-in page leads to the provider by a link, and asks for no password", async () => {
  const { text } = await new Browser().get("/signin");
  expect(text).toContain("Sign in with Example University");
  expect(text).not.toContain('type="password"');
  const { username: name } = await world.newStudent(PASSWORD);
  const fields = form({ name, password: PASSWORD, from: "/" });
  const state = { kind: "empty" };
  const tried = await call("app/signin/actions.ts signInWithPassword", "/signin", [state, fields]);
  expect(tried.value).toMatchObject({ kind: "off" });
  expect(tried.cookies).toEqual([]);
});

test("a student of the roster comes in, to where they wanted to go, and out again", async () => {
  const person = await newPerson();
  const browser = new Browser();
  const from = "/lectures/11-ebpf-1-machine?a=1";
  const way = `/signin/oidc?from=${encodeURIComponent(from)}`;
  expect(new URL(await browser.travel(way, person), world.site.url).href).toBe(
    world.site.url + from,
  );
  expect(await browser.isSignedIn()).toBe(true);
  expect(browser.cookies.has(TICKET)).toBe(false);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const out = await call("app/account/actions.ts signOutHere", "/account", [], cookie);
  expect(out.redirect).toBe("/signin?out=1&from=/");
  expect(await browser.isSignedIn()).toBe(false);
  expect((await new Browser().get("/signin?out=1")).text).toContain(
    `${provider.issuer}/session/end`,
  );
});

test.each(["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/signin"])(
  "asked to go on to %s it goes home",
  async (from) => {
    const to = await new Browser().travel(
      `/signin/oidc?from=${encodeURIComponent(from)}`,
      await newPerson(),
    );
    expect(new URL(to, world.site.url).href).toBe(`${world.site.url}/`);
  },
);

test("what comes back in another browser, or a second time, lets nobody in", async () => {
  const begun = new Browser();
  provider.person = await newPerson();
  const { to } = await begun.get("/signin/oidc");
  const back = (await provider.visit(to)).href;
  // Somebody is made to sign in as the attacker.
  const victim = new Browser();
  expect((await victim.get(back)).to).toContain("/signin?problem=again");
  await victim.get("/signin/oidc");
  expect((await victim.get(back)).to).toContain("/signin?problem=failed");
  expect(await victim.isSignedIn()).toBe(false);
  expect((await begun.get(back)).to).not.toContain("problem");
  const session = new Map(begun.cookies);
  expect((await begun.get(back)).to).toContain("problem=again");
  expect(begun.cookies).toEqual(session);
});

test("who turns back, and who has no account, is told so on the sign-in page", async () => {
  const nobody = { sub: "nobody", email: "nobody@example.edu", email_verified: true };
  for (const [person, says] of [
    [undefined, "You have turned back at Example University."],
    [nobody, "Nobody has an account with your address here."],
  ] as const) {
    const browser = new Browser();
    const to = await browser.travel("/signin/oidc", person);
    expect((await browser.get(to)).text).toContain(says);
    expect(await browser.isSignedIn()).toBe(false);
  }
});

test("who was invited into a run gets an account on the way", async () => {
  const terms = { role: "student", sectionId: null, maxUses: null } as const;
  const expiresAt = new Date(Date.now() + 86_400_000);
  const made = await makeInvitation(db(), world.runId, { ...terms, expiresAt });
  if (made.kind !== "made") throw new Error(made.kind);
  const path = new URL(made.link).pathname;
  const browser = new Browser();
  const page = await browser.get(path);
  expect(page.text).toContain("Sign in with Example University");
  expect(page.text).not.toContain('type="password"');
  const guest = { sub: "guest", email: "guest@example.edu", email_verified: true, name: "Guest" };
  const forged = await browser.travel("/signin/oidc?from=/join/not-a-link", guest);
  expect(forged).toContain("problem=no-account");
  const to = await browser.travel(`/signin/oidc?from=${encodeURIComponent(path)}`, guest);
  expect(new URL(to, world.site.url).pathname).toBe(path);
  expect(await browser.isSignedIn()).toBe(true);
});

describe("an instructor", () => {
  test("is not taken over by the address, enters by a link, and connects by their own page", async () => {
    const userId = world.userId("instructor");
    await db().user.update({ where: { id: userId }, data: { emailVerified: true } });
    const person = { sub: "i", email: "instructor@example.edu", email_verified: true };
    expect(await new Browser().travel("/signin/oidc", person)).toContain("problem=has-account");

    const token = (await makePasswordLink(db(), userId)).split("/").at(-1) ?? "";
    const entered = await call("app/reset/[token]/actions.ts resetPassword", `/reset/${token}`, [
      { kind: "empty" },
      form({ token }),
    ]);
    expect(entered.redirect).toBe("/account");
    const browser = new Browser(entered.cookies[0]?.split(";")[0]);
    const page = await browser.get("/account");
    const path = /href="(\/signin\/oidc\?connect=[^"]+)"/.exec(page.text)?.[1] ?? "";
    expect(await browser.travel(path, person)).toContain("/account?connect=connected");
    expect((await browser.get("/account")).text).toContain("This account is connected.");
    const other = new Browser();
    expect(await other.travel("/signin/oidc", person)).not.toContain("problem");
    expect((await other.get("/account")).text).toContain("instructor");
  });

  test("connects nothing by a link of another site", async () => {
    const cookie = await cookieOf(world.userId("ta"));
    for (const word of ["1", `${Date.now() + 1000}.AAAA`, ""]) {
      const path = `/signin/oidc?connect=${encodeURIComponent(word)}`;
      const mine = { sub: "attacker", email: "a@example.edu", email_verified: true };
      expect(await new Browser(cookie).travel(path, mine)).toContain("/account?connect=again");
    }
    expect(await db().account.count({ where: { userId: world.userId("ta") } })).toBe(1);
  });
});
