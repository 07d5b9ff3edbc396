import { createHash } from "node:crypto";
import type { Tx } from "../db/index.ts";
import { mayChangeMember, type RunRole, type Viewer } from "../policies/index.ts";
import type { LineProblem, RosterFile, RosterLine } from "./roster-csv.ts";
import { freeUsernames } from "./usernames.ts";

/** What applying a roster does to one person. */
export interface RosterStep {
  readonly kind: "account" | "enrol" | "change" | "same";
  readonly line: number;
  /** Undefined: the account is made. */
  readonly userId: string | undefined;
  readonly name: string;
  readonly email: string;
  readonly username: string;
  readonly before: RosterPlace | undefined;
  readonly after: RosterPlace;
}

/** What somebody is in a run; the name of their section, if they are in one. */
export interface RosterPlace {
  readonly role: RunRole;
  readonly section: string | undefined;
}

export interface AbsentPerson {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
}

/** What would happen, and what keeps it from happening. */
export interface RosterPlan {
  readonly steps: readonly RosterStep[];
  readonly problems: readonly LineProblem[];
  readonly unknownColumns: readonly string[];
  readonly newSections: readonly string[];
  /** Readers and students of the run who are not in the file. */
  readonly absent: readonly AbsentPerson[];
  /** Of all this: what was looked at is what is applied. */
  readonly digest: string;
}

/** What the file would do to the run, if the viewer applies it now. */
export async function planRoster(
  tx: Tx,
  viewer: Viewer,
  runId: string,
  file: RosterFile,
): Promise<RosterPlan> {
  const known = await knownPeople(tx, runId, file.lines);
  const problems = [...file.problems];
  const found = file.lines.flatMap((line) => {
    const person = known.byEmail.get(line.email);
    const problem =
      disagreement(line, person, known) ?? refusal(viewer, runId, person, placeAfter(line, person));
    if (problem !== undefined) problems.push({ line: line.line, says: problem });
    return problem === undefined ? [{ line, person }] : [];
  });
  const made = found.filter(({ person }) => person === undefined).map(({ line }) => line);
  const usernames = await freeUsernames(tx, made);
  const steps = found.map(({ line, person }) => stepOf(line, person, usernames));
  const sections = await tx.section.findMany({ where: { runId }, select: { name: true } });
  const names = new Set(sections.map(({ name }) => name));
  const wanted = steps.flatMap(({ after }) => (after.section === undefined ? [] : after.section));
  const plan = {
    steps,
    problems: problems.sort((a, b) => a.line - b.line),
    unknownColumns: file.unknownColumns,
    newSections: [...new Set(wanted)].filter((name) => !names.has(name)),
    absent: await absentPeople(tx, runId, file.lines),
  };
  const digest = createHash("sha256").update(JSON.stringify(plan)).digest("hex");
  return { ...plan, digest };
}

interface KnownPerson {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly username: string | null;
  readonly place: RosterPlace | undefined;
}

interface Known {
  readonly byEmail: ReadonlyMap<string, KnownPerson>;
  readonly byUsername: ReadonlyMap<string, KnownPerson>;
}

async function knownPeople(tx: Tx, runId: string, lines: readonly RosterLine[]): Promise<Known> {
  const usernames = lines.flatMap(({ username }) => (username === undefined ? [] : username));
  const users = await tx.user.findMany({
    where: {
      OR: [{ email: { in: lines.map(({ email }) => email) } }, { username: { in: usernames } }],
    },
    select: {
      id: true,
      name: true,
      email: true,
      username: true,
      enrolments: {
        where: { runId },
        select: { role: true, section: { select: { name: true } } },
      },
    },
  });
  const people = users.map(({ id: userId, enrolments: [enrolment], ...user }): KnownPerson => {
    const place = enrolment && { role: enrolment.role, section: enrolment.section?.name };
    return { userId, ...user, place };
  });
  return {
    byEmail: new Map(people.map((person) => [person.email, person])),
    byUsername: new Map(people.map((person) => [person.username ?? "", person])),
  };
}

/** What the line says of a person that the site knows otherwise. */
function disagreement(
  { name, email, username }: RosterLine,
  person: KnownPerson | undefined,
  { byUsername }: Known,
): string | undefined {
  if (person !== undefined && spoken(person.name) !== spoken(name)) {
    return `${email} belongs to ${person.name}, not to ${name}: correct the name or the address.`;
  }
  if (username === undefined || person?.username === username) return undefined;
  if (person !== undefined) {
    return `${name} has the user name ${person.username ?? person.email}, not ${username}: correct it, or leave it empty.`;
  }
  return byUsername.has(username)
    ? `The user name ${username} belongs to somebody with another address: choose another one, or leave it empty.`
    : undefined;
}

function spoken(name: string): string {
  return name.normalize("NFC").replace(/\s+/g, " ").toLowerCase();
}

function refusal(
  viewer: Viewer,
  runId: string,
  person: KnownPerson | undefined,
  after: RosterPlace,
): string | undefined {
  const before = person?.place;
  if (before !== undefined && isSame(before, after)) return undefined;
  const roles = { before: before?.role, after: after.role };
  if (mayChangeMember(viewer, runId, roles).kind === "allowed") return undefined;
  return "Only the administrator of this site makes instructors and changes them: leave the line out, or its role empty.";
}

function placeAfter(line: RosterLine, person: KnownPerson | undefined): RosterPlace {
  const before = person?.place;
  return {
    role: line.role ?? before?.role ?? "student",
    section: line.section ?? before?.section,
  };
}

function isSame(a: RosterPlace, b: RosterPlace): boolean {
  return a.role === b.role && a.section === b.section;
}

function stepOf(
  line: RosterLine,
  person: KnownPerson | undefined,
  usernames: ReadonlyMap<string, string>,
): RosterStep {
  const { name, email } = line;
  const after = placeAfter(line, person);
  const before = person?.place;
  return {
    kind: kindOf(person, after),
    line: line.line,
    userId: person?.userId,
    name: person?.name ?? name,
    email,
    username: person?.username ?? usernames.get(email) ?? email,
    before,
    after,
  };
}

function kindOf(person: KnownPerson | undefined, after: RosterPlace): RosterStep["kind"] {
  if (person === undefined) return "account";
  if (person.place === undefined) return "enrol";
  return isSame(person.place, after) ? "same" : "change";
}

async function absentPeople(
  tx: Tx,
  runId: string,
  lines: readonly RosterLine[],
): Promise<readonly AbsentPerson[]> {
  const rows = await tx.enrolment.findMany({
    where: {
      runId,
      role: { in: ["reader", "student"] },
      user: { email: { notIn: lines.map(({ email }) => email) } },
    },
    orderBy: [{ user: { name: "asc" } }, { userId: "asc" }],
    select: { user: { select: { id: true, name: true, email: true } } },
  });
  return rows.map(({ user: { id: userId, ...user } }) => ({ userId, ...user }));
}
