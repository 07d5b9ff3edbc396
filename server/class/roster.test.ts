import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { createAccount } from "../auth/create-account.ts";
import { makePasswordLink, ownerOfPasswordLink } from "../auth/password-link.ts";
import { db, transaction } from "../db/index.ts";
import type { RunRole, Viewer } from "../policies/index.ts";
import { setRole } from "../queries/person.ts";
import { setMember } from "./member.ts";
import { rosterOf } from "./roster.ts";
import { applyRoster } from "./roster-apply.ts";
import { printRoster, readRoster } from "./roster-csv.ts";
import { planRoster, type RosterPlan } from "./roster-plan.ts";

ownDatabase();

let made = 0;

async function newRun(): Promise<{ runId: string; instructor: Viewer }> {
  const slug = `run-${++made}`;
  const run = await db().courseRun.create({
    data: { slug, title: slug, course: { create: { slug, title: slug } } },
  });
  const userId = await person(`Teacher ${made}`, run.id, "instructor");
  return { runId: run.id, instructor: viewer(userId, run.id, "instructor") };
}

function viewer(userId: string, runId: string, role: RunRole): Viewer {
  const roles = [{ runId, role }];
  return { userId, name: userId, username: userId, isAdmin: false, roles, courses: [] };
}

async function person(name: string, runId?: string, role: RunRole = "student"): Promise<string> {
  const username = name.toLowerCase().replaceAll(" ", ".");
  const email = `${username}@example.edu`;
  const account = await createAccount(db(), { name, username, email });
  if (account.kind === "taken") throw new Error(`${name} is taken`);
  const { userId } = account;
  if (runId !== undefined) await db().enrolment.create({ data: { runId, userId, role } });
  return userId;
}

function plan(who: Viewer, runId: string, text: string): Promise<RosterPlan> {
  return planRoster(db(), who, runId, readRoster(text));
}

const everybody = { search: "", role: undefined, section: undefined } as const;
const page = { order: "name", isDescending: false, limit: 100, offset: 0 } as const;

test.each([
  {
    name: "an address that is none",
    text: "name,email\nAda,ada.example.edu",
    line: 2,
    says: /“ada\.example\.edu”: That is not an e-mail address/,
  },
  {
    name: "an address that stands twice",
    text: "name,email\nAda,ada@x.org\nAnna,b@x.org\nAda,ADA@x.org",
    line: 4,
    says: /ada@x\.org stands in line 2 already/,
  },
  {
    name: "a role that there is not",
    text: "name;email;role\nAda;ada@x.org;boss",
    line: 2,
    says: /“boss”: A role is one of reader, student, ta, instructor/,
  },
  {
    name: "a user name that could not be signed in with",
    text: "name,email,username\nAda,ada@x.org,a b",
    line: 2,
    says: /“a b”: A user name has 3 to 30 letters/,
  },
  { name: "no name", text: "name,email\n,ada@x.org", line: 2, says: /name is missing/ },
  { name: "no column of addresses", text: "name,room\nAda,3", line: 1, says: /“email”/ },
  { name: "nothing", text: "", line: 1, says: /empty/ },
  { name: "a quote without an end", text: 'name,email\n"Ada,ada@x.org', line: 2, says: /no table/ },
])("a roster with $name says so at its line", ({ text, line, says }) => {
  expect(readRoster(text).problems).toEqual([{ line, says: expect.stringMatching(says) }]);
});

test("columns may stand in any order, between semicolons, after a byte order mark", () => {
  const { lines, unknownColumns } = readRoster(
    '\ufeffRoom;E-Mail;Section;Name\r\n4;ada@x.org;B;"Lovelace; Ada"\r\n',
  );
  expect(lines).toEqual([
    {
      line: 2,
      name: "Lovelace; Ada",
      email: "ada@x.org",
      section: "B",
      username: undefined,
      role: undefined,
    },
  ]);
  expect(unknownColumns).toEqual(["Room"]);
});

test("a dry run stores nothing, and says who gets an account, is enrolled, changed or absent", async () => {
  const { runId, instructor } = await newRun();
  await person("Known Person");
  await person("Stays There", runId);
  await person("Becomes Ta", runId);
  await person("Not Listed", runId);
  const before = [await db().user.count(), await db().enrolment.count()];
  const answer = await plan(
    instructor,
    runId,
    [
      "name,email,section,role",
      "New One,new.one@example.edu,A,",
      "known  person,Known.Person@example.edu,,",
      "Stays There,stays.there@example.edu,,student",
      "Becomes Ta,becomes.ta@example.edu,A,ta",
    ].join("\n"),
  );
  expect(answer.problems).toEqual([]);
  expect(answer.steps.map(({ kind }) => kind)).toEqual(["account", "enrol", "same", "change"]);
  expect(answer.steps[0]).toMatchObject({ username: "new.one", after: { role: "student" } });
  expect(answer.newSections).toEqual(["A"]);
  expect(answer.absent.map(({ name }) => name)).toEqual(["Not Listed"]);
  expect([await db().user.count(), await db().enrolment.count()]).toEqual(before);
});

test("somebody whom the site knows by another name, or another user name, is a problem", async () => {
  const { runId, instructor } = await newRun();
  await person("Grace Hopper");
  const { problems } = await plan(
    instructor,
    runId,
    [
      "name,email,username",
      "Grace Murray,grace.hopper@example.edu,",
      "Somebody,some@example.edu,grace.hopper",
    ].join("\n"),
  );
  expect(problems).toEqual([
    { line: 2, says: expect.stringContaining("belongs to Grace Hopper, not to Grace Murray") },
    { line: 3, says: expect.stringContaining("belongs to somebody with another address") },
  ]);
});

test("by a roster an instructor neither makes nor unmakes an instructor; the administrator does", async () => {
  const { runId, instructor } = await newRun();
  await person("Co Teacher", runId, "instructor");
  const text =
    "name,email,role\nNew Boss,boss@example.edu,instructor\nCo Teacher,co.teacher@example.edu,student";
  expect((await plan(instructor, runId, text)).problems.map(({ line }) => line)).toEqual([2, 3]);
  const admin = { ...instructor, isAdmin: true, roles: [] };
  expect((await plan(admin, runId, text)).problems).toEqual([]);
  const ta = viewer("some-ta", runId, "ta");
  expect((await plan(ta, runId, "name,email\nAny,any@example.edu")).problems).toHaveLength(1);
});

test("applying makes accounts with links, sections and enrolments at once; absent ones go if asked", async () => {
  const { runId, instructor } = await newRun();
  const gone = await person("Leaves Us", runId);
  const text = "name,email,section\nZoë Ito,z.ito@x.org,B\nMax Po,z.ito@y.org,B\n";
  const { digest } = await plan(instructor, runId, text);
  const apply = (removesAbsent: boolean) =>
    transaction((tx) =>
      applyRoster(tx, instructor, { runId, text, digest, removesAbsent }, new Date()),
    );
  const answer = await apply(true);
  expect(answer).toMatchObject({ kind: "applied", enrolled: 2, changed: 0, removed: 1 });
  const accounts = answer.kind === "applied" ? answer.accounts : [];
  expect(accounts.map(({ username }) => username)).toEqual(["z.ito", "z.ito-2"]);
  const token = accounts[0]?.link.split("/").at(-1) ?? "";
  expect(await ownerOfPasswordLink(token)).toEqual({ name: "Zoë Ito", username: "z.ito" });
  const { people, total } = await rosterOf(db(), runId, { ...everybody, ...page });
  expect(total).toBe(3);
  expect(people.map(({ name, section, role }) => [name, section, role])).toEqual([
    ["Max Po", "B", "student"],
    [`Teacher ${made}`, null, "instructor"],
    ["Zoë Ito", "B", "student"],
  ]);
  expect(await db().user.count({ where: { id: gone } })).toBe(1);
  // What was looked at has been done: the same plan is not done twice.
  expect((await apply(true)).kind).toBe("look-again");
});

test.each<[string, (runId: string, instructor: Viewer, userId: string) => Promise<unknown>]>([
  [
    "a roster",
    async (runId, instructor, userId) => {
      const { name, email } = await db().user.findUniqueOrThrow({ where: { id: userId } });
      const text = `name,email,role\n${name},${email},ta\n`;
      const { digest } = await plan(instructor, runId, text);
      const roster = { runId, text, digest, removesAbsent: false };
      return transaction((tx) => applyRoster(tx, instructor, roster, new Date()));
    },
  ],
  [
    "the list of people",
    (runId, instructor, userId) =>
      transaction((tx) =>
        setMember(tx, instructor, { runId, userId, after: { role: "ta", sectionId: null } }),
      ),
  ],
  ["the site's list", (runId, _, userId) => setRole(db(), { runId, userId }, "ta")],
])("whom %s makes staff has no open link to a password any more", async (_, makeTa) => {
  const { runId, instructor } = await newRun();
  const other = await newRun();
  const userId = await person(`Max Po ${made}`, other.runId);
  const [token = ""] = (await makePasswordLink(db(), userId)).split("/").slice(-1);
  expect(await ownerOfPasswordLink(token)).toBeDefined();
  const answer = JSON.stringify(await makeTa(runId, instructor, userId));
  expect(answer).toMatch(/"closedLinks?":(true|\[")/);
  expect(await ownerOfPasswordLink(token)).toBeUndefined();
});

test("an exported roster comes back as it was, and a spreadsheet calculates nothing in it", async () => {
  const { runId, instructor } = await newRun();
  await createAccount(db(), {
    name: '=HYPERLINK("http://x")',
    username: "formula",
    email: "formula@example.edu",
  });
  const text = 'name,email,section\n"=HYPERLINK(""http://x"")",formula@example.edu,@B\n';
  const { digest } = await plan(instructor, runId, text);
  await transaction((tx) =>
    applyRoster(tx, instructor, { runId, text, digest, removesAbsent: false }, new Date()),
  );
  const { people } = await rosterOf(db(), runId, { ...everybody, ...page });
  const file = printRoster(people);
  expect(file).toContain(`"'=HYPERLINK(""http://x"")",formula@example.edu,formula,'@B,student\r\n`);
  const again = await plan(instructor, runId, file);
  expect(again.problems).toEqual([]);
  expect(again.steps.map(({ kind }) => kind)).toEqual(["same", "same"]);
});

test("people are found by name, address, role and section, and a percent sign is a percent sign", async () => {
  const { runId } = await newRun();
  await person("Ola 100", runId);
  const find = async (filter: Partial<Parameters<typeof rosterOf>[2]>) =>
    (await rosterOf(db(), runId, { ...everybody, ...page, ...filter })).people.length;
  expect(await find({ search: "OLA" })).toBe(1);
  expect(await find({ search: "%" })).toBe(0);
  expect(await find({ role: "instructor" })).toBe(1);
  expect(await find({ section: null })).toBe(2);
  expect(await find({ section: "B" })).toBe(0);
});
