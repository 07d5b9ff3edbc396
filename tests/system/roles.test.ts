import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Site, startSite } from "../site.ts";
import { type ActionName, builtActions, callAction } from "./action-call.ts";
import { EVERYBODY, World } from "./visitors.ts";
import { ACCOUNT_ACTIONS } from "./walk/account-actions.ts";
import { AUTHOR_ACTIONS } from "./walk/author-actions.ts";
import { AUTHOR_PAGES } from "./walk/author-pages.ts";
import { CLASS_PAGES } from "./walk/class-pages.ts";
import { DATES_ACTIONS } from "./walk/dates-actions.ts";
import { GRADE_ACTIONS } from "./walk/grade-actions.ts";
import { RUN_ACTIONS } from "./walk/run-actions.ts";
import { SITE_PAGES } from "./walk/site-pages.ts";
import { STUDY_ACTIONS } from "./walk/study-actions.ts";
import type { Action, Readable } from "./walk/table.ts";
import { TALK_ACTIONS } from "./walk/talk-actions.ts";

/**
 * Every page, route handler and server action of the site, with who may have it. One that is not
 * listed in the tables of `walk/` fails a test, and so does a line for one that is gone.
 */
const READABLE: Record<string, Readable> = { ...SITE_PAGES, ...AUTHOR_PAGES, ...CLASS_PAGES };
const ACTIONS: Record<ActionName, Action> = {
  ...ACCOUNT_ACTIONS,
  ...STUDY_ACTIONS,
  ...RUN_ACTIONS,
  ...DATES_ACTIONS,
  ...TALK_ACTIONS,
  ...GRADE_ACTIONS,
  ...AUTHOR_ACTIONS,
};

const root = join(import.meta.dirname, "../..");
const ids = builtActions();
let site: Site;
let world: World;

beforeAll(async () => {
  // What graders store would look like what a visitor has changed.
  site = await startSite({ KERNELBOOK_GRADERS: "0" });
  world = await World.open(site);
});

afterAll(async () => {
  await world.close();
  await site.stop();
});

describe("what there is", () => {
  test("every page and route handler stands in the table, and nothing else", () => {
    const found = appFiles().filter((file) => /\/(page\.tsx|route\.ts)$/.test(`/${file}`));
    expect(found.filter((file) => !file.includes("/@"))).toEqual(Object.keys(READABLE).sort());
  });

  test("every server action stands in the table, and nothing else", () => {
    const written = appFiles().flatMap(actionsIn);
    expect(written.sort()).toEqual(Object.keys(ACTIONS).sort());
    // One that no page uses has no id, and could not be tried.
    expect([...ids.keys()].sort()).toEqual(written);
  });
});

describe.each(Object.entries(READABLE))("%s", (_, readable) => {
  const { path, sends, allowed, denied, leadsToSignIn, only } = readable;

  test.each(EVERYBODY)("%s", async (who) => {
    const { cookie } = await world.visitor(who);
    const abort = new AbortController();
    const response = await fetch(world.site.url + (await path(world)), {
      headers: { cookie, origin: world.site.url },
      ...(sends !== undefined && {
        method: "POST",
        body: typeof sends === "string" ? sends : JSON.stringify(sends),
      }),
      redirect: "manual",
      signal: abort.signal,
    });
    const to = response.headers.get("location") ?? "";
    // A stream of news has no end.
    abort.abort();
    if (allowed.includes(who)) {
      if (response.status === 307 && only !== undefined) expect(to).toMatch(only);
      else expect(response.ok).toBe(true);
    } else if (who === "signed out" && leadsToSignIn) {
      expect(response.status).toBe(307);
      expect(to).toMatch(/^\/signin\?from=/);
    } else if (denied === "elsewhere") {
      expect(response.status).toBe(307);
      expect(to).not.toContain("signin");
    } else expect(response.status).toBe(denied);
  });
});

describe.each(Object.entries(ACTIONS))("%s", (name, action) => {
  const { at, args, allowed, isReading, isSilent, idle } = action;

  test.each(EVERYBODY)("%s", async (who) => {
    const visitor = await world.visitor(who);
    const given = await args(world, visitor);
    const before = await world.fingerprint();
    const answer = await call(name, at(world), given, { cookie: visitor.cookie });
    // A form without a script is led to a page that says so.
    const isDenied =
      answer.value?.kind === "denied" || /^\/signin|[?&]refused=/.test(answer.redirect ?? "");
    const hasChanged = (await world.fingerprint()) !== before;
    expect({ isDenied, hasChanged, status: answer.status >= 500 }).toEqual({
      isDenied: !allowed.includes(who) && isSilent !== true,
      hasChanged: allowed.includes(who) && isReading !== true && who !== idle,
      status: false,
    });
  });

  test.each([
    ["another site", "https://elsewhere.example"],
    ["a sandboxed frame", "null"],
  ])("is refused to %s, whoever is signed in", async (_, origin) => {
    const visitor = await world.visitor(allowed.includes("admin") ? "admin" : "student");
    const given = await args(world, visitor);
    const before = await world.fingerprint();
    const answer = await call(name, at(world), given, { cookie: visitor.cookie, origin });
    expect(answer.status).toBe(403);
    expect(await world.fingerprint()).toBe(before);
  });

  test("survives nonsense", async () => {
    const { cookie } = await world.visitor("admin");
    for (const nonsense of [[], [null], [{ userId: { $ne: "" } }], ["x".repeat(1000), "y"]]) {
      const before = await world.fingerprint();
      const answer = await call(name, at(world), nonsense, { cookie });
      expect(answer.value?.kind).not.toBe("signed-in");
      if (name !== "app/account/actions.ts signOutHere") {
        expect(await world.fingerprint()).toBe(before);
      }
    }
  });
});

async function call(
  name: string,
  path: string,
  args: readonly unknown[],
  headers: Record<string, string>,
) {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`the build has no action ${name}`);
  return callAction({ url: world.site.url + path, id, args, headers });
}

function appFiles(): string[] {
  return readdirSync(join(root, "app"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** A file of actions says so in its first line; each function that it exports is one. */
function actionsIn(file: string): ActionName[] {
  const source = readFileSync(join(root, file), "utf8");
  if (!/^\s*["']use server["']/m.test(source)) return [];
  const exported = source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm);
  return [...exported].map(([, name]) => `${file} ${name}` as const);
}
