import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePasswordLink } from "../../server/auth/password-link.ts";
import { db } from "../../server/db/client.ts";
import { type Site, startSite } from "../site.ts";
import { type ActionName, builtActions, callAction, form } from "./action-call.ts";
import { PASSWORD, World } from "./visitors.ts";

const root = join(import.meta.dirname, "../..");
const ids = builtActions();
const state = { kind: "empty" };

const SIGN_IN = "app/signin/actions.ts signInWithPassword";
const RESET = "app/reset/[token]/actions.ts resetPassword";

function call(
  site: Site,
  path: string,
  name: ActionName,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const id = ids.get(name) ?? "";
  const args = /InWith|reset/i.test(name) ? [state, form(fields)] : [form(fields)];
  return callAction({ url: site.url + path, id, args, headers });
}

describe("a site", () => {
  let site: Site;
  let world: World;
  const signIn = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    call(site, "/signin", SIGN_IN, { from: "/", password: PASSWORD, ...fields }, headers);
  const account = (cookie: string) =>
    fetch(`${site.url}/account`, { headers: { cookie }, redirect: "manual" });

  beforeAll(async () => {
    site = await startSite({ KERNELBOOK_GRADERS: "0" });
    world = await World.open(site);
  });
  afterAll(async () => {
    await world.close();
    await site.stop();
  });

  test("keeps the session in a cookie that no script and no other site can use", async () => {
    const { username: name } = await world.newStudent(PASSWORD);
    const { cookies } = await signIn({ name });
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/; HttpOnly/i);
    expect(cookies[0]).toMatch(/; SameSite=Lax/i);
    expect(cookies[0]).not.toMatch(/; Domain/i);
  });

  test("gives each sign-in a session of its own, whatever cookie came with it", async () => {
    const { username: name, userId } = await world.newStudent(PASSWORD);
    const planted = "kernelbook.session_token=chosen-by-somebody-else";
    const [first = ""] = (await signIn({ name }, { cookie: planted })).cookies;
    expect(first).not.toContain("chosen-by-somebody-else");
    const before = first.split(";")[0] ?? "";
    expect((await account(before)).status).toBe(200);
    const [second = ""] = (await signIn({ name }, { cookie: before })).cookies;
    expect((await account(second.split(";")[0] ?? "")).status).toBe(200);
    expect((await account(before)).status).toBe(307);
    expect(await db().session.count({ where: { userId } })).toBe(1);
  });

  test("lets a session in until it ends, is ended or its account is closed", async () => {
    for (const spoil of [
      (userId: string) =>
        db().session.updateMany({ where: { userId }, data: { expiresAt: new Date(0) } }),
      (userId: string) => db().session.deleteMany({ where: { userId } }),
      (userId: string) => db().user.update({ where: { id: userId }, data: { banned: true } }),
    ]) {
      const { username: name, userId } = await world.newStudent(PASSWORD);
      const [cookie = ""] = (await signIn({ name })).cookies;
      expect((await account(cookie.split(";")[0] ?? "")).status).toBe(200);
      await spoil(userId);
      expect((await account(cookie.split(";")[0] ?? "")).status).toBe(307);
    }
  });

  test.each([
    ["/lectures/11-ebpf-1-machine?a=1", "/lectures/11-ebpf-1-machine?a=1"],
    ["https://elsewhere.example/", "/"],
    ["//elsewhere.example", "/"],
    ["/\\elsewhere.example", "/"],
    ["javascript:alert(1)", "/"],
  ])("asked to go on to %s goes to %s", async (from, to) => {
    const { username: name } = await world.newStudent(PASSWORD);
    expect((await signIn({ name, from })).redirect).toBe(to);
    const demo = { username: "mira.kovac", from };
    const entered = await call(site, "/signin", "app/signin/actions.ts signInAsDemo", demo);
    expect(entered.redirect).toBe(to);
  });

  test("stops guessing after five tries, whatever address is claimed", async () => {
    const { username: name } = await world.newStudent(PASSWORD);
    for (let i = 1; i <= 5; i++) {
      const headers = { "x-forwarded-for": `203.0.113.${i}`, "x-kernelbook-address": `${i}` };
      const { value } = await signIn({ name, password: "wrong" }, headers);
      expect(value).toMatchObject({ kind: "no-match", tryNumber: i });
    }
    expect((await signIn({ name })).value).toMatchObject({ kind: "paused" });
  });

  test("does not tell who has an account", async () => {
    const { username } = await world.newStudent(PASSWORD);
    const answers = [];
    for (const name of [username, "nobody-at-all", "nobody@example.edu"]) {
      const { value, cookies } = await signIn({ name, password: "wrong" });
      answers.push({ ...value, name: "", cookies });
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test("takes a new password by a link once, and not when it is too old", async () => {
    const { userId, username: name } = await world.newStudent(PASSWORD);
    const newToken = async () => (await makePasswordLink(db(), userId)).split("/").at(-1) ?? "";
    const use = (token: string, next: string) =>
      call(site, `/reset/${token}`, RESET, { token, next, again: next });
    const page = async (token: string) => {
      const text = await (await fetch(`${site.url}/reset/${token}`)).text();
      return text.includes("too old") ? "spent" : "open";
    };

    const first = await newToken();
    // Looking at it is not using it.
    expect([await page(first), await page(first)]).toEqual(["open", "open"]);
    expect((await use(first, "short")).value).toMatchObject({ kind: "invalid" });
    expect(await use(first, "the first new one")).toMatchObject({ redirect: "/" });
    expect((await use(first, "the second new one")).value).toEqual({ kind: "spent" });
    expect(await page(first)).toBe("spent");
    expect((await signIn({ name, password: "the first new one" })).redirect).toBe("/");

    const old = await newToken();
    await db().verification.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    expect(await page(old)).toBe("spent");
    expect((await use(old, "the third new one")).value).toEqual({ kind: "spent" });
  });

  test("refuses to change anything for a page of another site, before anything is read", async () => {
    for (const path of ["/", "/healthz", "/sandbox/frame", "/no/such/page"]) {
      const headers = { origin: "https://elsewhere.example" };
      const { status } = await fetch(site.url + path, { method: "POST", headers, body: "x" });
      expect(status).toBe(403);
    }
  });
});

describe("a site with real people behind a proxy", () => {
  const ORIGIN = "https://os.example.edu";
  const env = { KERNELBOOK_DEMO: "0", KERNELBOOK_ORIGIN: ORIGIN, KERNELBOOK_PROXY: "1" };
  let site: Site;
  let world: World;
  const proxied = (address = "203.0.113.7") => ({ origin: ORIGIN, "x-forwarded-for": address });
  const signIn = (fields: Record<string, string>, headers: Record<string, string>) =>
    call(site, "/signin", SIGN_IN, { from: "/", password: PASSWORD, ...fields }, headers);

  beforeAll(async () => {
    site = await startSite({ ...env, KERNELBOOK_GRADERS: "0" });
    world = await World.open(site);
  });
  afterAll(async () => {
    await world.close();
    await site.stop();
  });

  test("says how to make its administrator, and that one can set a password", async () => {
    expect(site.log()).toContain("npm run admin -- --email");
    const args = ["scripts/admin.ts", "--email", "ada@example.edu", "--name", "Ada"];
    const made = spawnSync(join(root, "scripts/node24"), args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, ...env, DATABASE_URL: site.databaseUrl },
    });
    expect(made.stderr).toBe("");
    const link = made.stdout.trim().split("\n").at(-1) ?? "";
    expect(link).toMatch(/^https:\/\/os\.example\.edu\/reset\//);
    const page = await fetch(link.replace(ORIGIN, site.url));
    expect((await page.text()).replaceAll("<!-- -->", "")).toContain("For Ada");
  });

  test("has no demo account, offers none and lets nobody make one", async () => {
    expect(await db().user.count({ where: { email: { contains: "demo" } } })).toBe(0);
    const text = await (await fetch(`${site.url}/signin`)).text();
    expect(text).not.toContain("Enter as");
    expect(text).not.toContain("/signup");
    expect((await fetch(`${site.url}/signup`)).status).toBe(404);
    const demo = { username: "mira.kovac", from: "/" };
    const name = "app/signin/actions.ts signInAsDemo";
    const entered = await call(site, "/signin", name, demo, proxied());
    expect(entered).toMatchObject({ redirect: "/signin", cookies: [] });
  });

  test("sends its cookie over TLS alone", async () => {
    const { username: name } = await world.newStudent(PASSWORD);
    const { cookies, redirect } = await signIn({ name }, proxied());
    expect(redirect).toBe("/");
    expect(cookies[0]).toMatch(/^__Secure-.*; Secure/);
  });

  test("knows its own pages by its name, not by what the proxy asks it under", async () => {
    const { username: name } = await world.newStudent(PASSWORD);
    for (const origin of [site.url, "http://os.example.edu", "https://example.edu"]) {
      expect((await signIn({ name }, { ...proxied(), origin })).status).toBe(403);
    }
  });

  test("counts tries by the address that the proxy saw", async () => {
    const { username: name } = await world.newStudent(PASSWORD);
    for (let i = 0; i < 5; i++) await signIn({ name, password: "wrong" }, proxied("198.51.100.1"));
    const invented = proxied("192.0.2.1, 198.51.100.1");
    expect((await signIn({ name }, invented)).value).toMatchObject({ kind: "paused" });
    expect((await signIn({ name }, proxied("198.51.100.2"))).redirect).toBe("/");
  });
});
