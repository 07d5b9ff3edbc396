import { afterAll, beforeAll, expect, test } from "vitest";
import { db } from "../../server/db/client.ts";
import { until } from "../grading.ts";
import { type MailServer, type ReceivedMail, startMailServer } from "../mail-server.ts";
import { type Site, startSite } from "../site.ts";
import { type ActionName, builtActions, callAction, form } from "./action-call.ts";
import { PASSWORD, type Who, World } from "./visitors.ts";

const ids = builtActions();
const state = { kind: "empty" };

let mail: MailServer;
let site: Site;
let world: World;

beforeAll(async () => {
  mail = await startMailServer();
  site = await startSite({
    KERNELBOOK_GRADERS: "0",
    KERNELBOOK_SMTP_URL: mail.url,
    KERNELBOOK_MAIL_FROM: "Operating Systems <os@example.edu>",
  });
  world = await World.open(site);
});

afterAll(async () => {
  await world.close();
  await site.stop();
  await mail.close();
});

async function call(name: ActionName, path: string, args: readonly unknown[], who?: Who) {
  const cookie = who === undefined ? "" : (await world.visitor(who)).cookie;
  return callAction({ url: site.url + path, id: ids.get(name) ?? "", args, headers: { cookie } });
}

/** What has come for that address, when it has. */
function mailTo(address: string): Promise<ReceivedMail> {
  return until(async () => mail.received.find(({ to }) => to.includes(address)));
}

/** The way that leads on from the mail, as far as it is one of this site. */
function pathIn({ text }: ReceivedMail, start: string): string {
  return new RegExp(`${start}[\\w.%-]+`).exec(text)?.[0] ?? "";
}

test("an announcement goes to the class, and its mail has a link that stops such mail", async () => {
  const fields = form({ run: world.runSlug, title: "Room", text: "B 1" });
  const at = `/class/${world.runSlug}/announcements`;
  const name = "app/class/[run]/announcements/actions.ts announce";
  expect((await call(name, at, [state, fields], "instructor")).value).toEqual({ kind: "stored" });
  const received = await mailTo("student@example.edu");
  expect(received.text).toContain("B 1");
  const path = pathIn(received, "/mail/stop/");
  const page = await (await fetch(site.url + path)).text();
  expect(page).toContain("No more of these");
  const token = decodeURIComponent(path.split("/").at(-1) ?? "");
  await call("app/mail/stop/[token]/actions.ts stopMail", path, [form({ token, pace: "never" })]);
  const where = { userId: world.userId("student"), kind: "announcement" } as const;
  expect(await db().mailChoice.findFirst({ where })).toMatchObject({ pace: "never" });
});

test("a forgotten password is mailed a link, and the answer tells nobody who has an account", async () => {
  const { username } = await world.newStudent(PASSWORD);
  const answers = [];
  for (const name of [username, "nobody-at-all", "nobody@example.edu"]) {
    const asked = [state, form({ name })];
    answers.push(
      await call("app/signin/forgotten/actions.ts askForLink", "/signin/forgotten", asked),
    );
  }
  for (const { value, status } of answers) {
    expect({ value, status }).toEqual({ value: { kind: "asked" }, status: 200 });
  }
  const path = pathIn(await mailTo(`${username}@example.edu`), "/reset/");
  const token = path.split("/").at(-1) ?? "";
  const next = "a password after the mail";
  const fields = form({ token, next, again: next });
  const set = await call("app/reset/[token]/actions.ts resetPassword", path, [state, fields]);
  expect(set.redirect).toBe("/");
});

test("an invitation is mailed to an address, and leads into the run", async () => {
  const terms = { run: world.runSlug, role: "student", section: "", days: "14" };
  const at = `/class/${world.runSlug}/people/join`;
  const name = "app/class/[run]/people/join/actions.ts inviteByMail";
  const wrong = form({ ...terms, addresses: "guest@example.edu, not-an-address" });
  expect((await call(name, at, [state, wrong], "instructor")).value).toMatchObject({
    kind: "invalid",
  });
  const asked = form({ ...terms, addresses: "guest@example.edu, student@example.edu" });
  expect((await call(name, at, [state, asked], "instructor")).value).toMatchObject({
    kind: "invited",
    count: 1,
  });
  const path = pathIn(await mailTo("guest@example.edu"), "/join/");
  const page = await (await fetch(site.url + path)).text();
  expect(page).toContain("Make the account and join");
});
