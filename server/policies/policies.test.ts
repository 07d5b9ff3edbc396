import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isBanned,
  mayBan,
  mayChangeAccount,
  mayChangeMember,
  mayChooseCounting,
  mayCountReading,
  mayCreateRun,
  mayErasePerson,
  mayExportPerson,
  mayGiveRole,
  mayInvite,
  mayMakeResetLink,
  mayManageRun,
  mayRegrade,
  maySaveNotebook,
  maySeeExercise,
  maySeeGrade,
  maySeeGradebook,
  maySeeOwnProgress,
  maySeePeople,
  maySeeSolution,
  maySeeSubmission,
  maySeeTitles,
  maySetDates,
  maySubmit,
  type Person,
  type RunRole,
  type Viewer,
} from "./index.ts";

const RUN = "this-run";
const ROLES: readonly RunRole[] = ["reader", "student", "ta", "instructor"];

function someone(userId: string, role?: RunRole, runId = RUN): Viewer {
  const roles = role === undefined ? [] : [{ runId, role }];
  return { userId, name: userId, username: userId, isAdmin: false, roles, courses: [] };
}

const VIEWERS = {
  "signed out": undefined,
  "not enrolled": someone("anybody"),
  reader: someone("reader", "reader"),
  student: someone("student", "student"),
  ta: someone("ta", "ta"),
  instructor: someone("instructor", "instructor"),
  "instructor elsewhere": someone("other", "instructor", "another-run"),
  admin: { ...someone("admin"), isAdmin: true },
};
type Who = keyof typeof VIEWERS;

const NOW = Date.parse("2026-11-20T12:00:00Z");
const HOUR = 60 * 60_000;
const dated = { runId: RUN, schedule: { timeZone: "UTC" }, at: NOW };
const exercise = { ...dated, spent: 0, lastAt: undefined };
const closed = {
  ...dated,
  schedule: { timeZone: "UTC", closesAt: NOW - 1, showsSolution: 1 },
};
const titled = (keepsTitles: number, closesAt: number) => ({
  ...dated,
  schedule: { timeZone: "UTC", closesAt, keepsTitles },
});
const notOpen = { ...dated, schedule: { timeZone: "UTC", opensAt: NOW + 1 } };
const theirs = { runId: RUN, userId: "student" };

const counted = { runId: RUN, isArchived: false, isCounted: true };

const FROM_STUDENT = { before: "student", after: undefined } as const;
const FROM_INSTRUCTOR = { before: "instructor", after: undefined } as const;

const EVERYBODY = Object.keys(VIEWERS) as Who[];

/** Who is allowed; everybody else is denied. */
const TABLE: readonly [string, (viewer: Viewer | undefined) => { kind: string }, readonly Who[]][] =
  [
    ["submit", (v) => maySubmit(v, exercise), ["student", "ta", "instructor"]],
    [
      "see a student’s submission",
      (v) => maySeeSubmission(v, theirs),
      ["student", "ta", "instructor", "admin"],
    ],
    [
      "submit before it opens",
      (v) => maySubmit(v, { ...exercise, ...notOpen }),
      ["ta", "instructor"],
    ],
    [
      "submit after the close",
      (v) => maySubmit(v, { ...exercise, ...closed }),
      ["ta", "instructor"],
    ],
    [
      "see an exercise before it opens",
      (v) => maySeeExercise(v, notOpen),
      ["ta", "instructor", "admin"],
    ],
    [
      "see the solution after the close",
      (v) => maySeeSolution(v, closed),
      ["student", "ta", "instructor"],
    ],
    [
      "see the solution when nobody has set it",
      (v) => maySeeSolution(v, { ...closed, schedule: { ...closed.schedule, showsSolution: 0 } }),
      [],
    ],
    ["see the solution before the close", (v) => maySeeSolution(v, { ...closed, at: NOW - 1 }), []],
    [
      "see titles of hidden tests that are kept until the close",
      (v) => maySeeTitles(v, titled(1, NOW)),
      ["ta", "instructor", "admin"],
    ],
    ["see them after the close", (v) => maySeeTitles(v, titled(1, NOW - 1)), EVERYBODY],
    ["see them where nothing keeps them", (v) => maySeeTitles(v, titled(0, NOW)), EVERYBODY],
    [
      "see a grade that is not released",
      (v) => maySeeGrade(v, { runId: RUN, isHeld: true }),
      ["ta", "instructor", "admin"],
    ],
    ["see the gradebook", (v) => maySeeGradebook(v, RUN), ["ta", "instructor", "admin"]],
    ["be counted as a reader", (v) => mayCountReading(v, counted), ["student"]],
    [
      "be counted in an archived run",
      (v) => mayCountReading(v, { ...counted, isArchived: true }),
      [],
    ],
    ["be counted unwanted", (v) => mayCountReading(v, { ...counted, isCounted: false }), []],
    ["choose whether to be counted", (v) => mayChooseCounting(v, RUN), ["student"]],
    [
      "see progress of their own",
      (v) => maySeeOwnProgress(v, RUN),
      ["student", "ta", "instructor"],
    ],
    ["regrade", (v) => mayRegrade(v, RUN), ["ta", "instructor", "admin"]],
    ["set dates", (v) => maySetDates(v, RUN), ["instructor", "admin"]],
    ["manage the run", (v) => mayManageRun(v, RUN), ["instructor", "admin"]],
    ["name a TA", (v) => mayGiveRole(v, RUN, "ta"), ["instructor", "admin"]],
    ["name an instructor", (v) => mayGiveRole(v, RUN, "instructor"), ["admin"]],
    ["begin a run", (v) => mayCreateRun(v, [RUN]), ["instructor", "admin"]],
    ["invite a TA", (v) => mayInvite(v, RUN, "ta"), ["instructor", "admin"]],
    ["invite an instructor", (v) => mayInvite(v, RUN, "instructor"), []],
    ["take a student out", (v) => mayChangeMember(v, RUN, FROM_STUDENT), ["instructor", "admin"]],
    ["take an instructor out", (v) => mayChangeMember(v, RUN, FROM_INSTRUCTOR), ["admin"]],
    ["see people", maySeePeople, ["instructor", "instructor elsewhere", "admin"]],
    [
      "make a reset link for a student",
      (v) => mayMakeResetLink(v, VIEWERS.student),
      ["instructor", "admin"],
    ],
    ["make a reset link for a TA", (v) => mayMakeResetLink(v, VIEWERS.ta), ["admin"]],
    [
      "make a reset link for a student who is an author of the course",
      (v) => mayMakeResetLink(v, { ...VIEWERS.student, courses: ["this-course"] }),
      ["admin"],
    ],
    ["make a reset link for the admin", (v) => mayMakeResetLink(v, VIEWERS.admin), ["admin"]],
    ["close a student’s account", (v) => mayBan(v, VIEWERS.student), ["admin"]],
    [
      "have a student’s data",
      (v) => mayExportPerson(v, VIEWERS.student.userId),
      ["student", "admin"],
    ],
    ["erase a student", (v) => mayErasePerson(v, VIEWERS.student.userId), ["admin"]],
    ["erase the admin", (v) => mayErasePerson(v, VIEWERS.admin.userId), []],
    [
      "save cells",
      maySaveNotebook,
      ["not enrolled", "reader", "student", "ta", "instructor", "instructor elsewhere", "admin"],
    ],
  ];

describe.each(TABLE)("to %s", (_, policy, allowed) => {
  test.each(Object.keys(VIEWERS) as Who[])("%s", (who) => {
    expect(policy(VIEWERS[who]).kind).toBe(allowed.includes(who) ? "allowed" : "denied");
  });
});

test("in an archived run students only read, and who teaches may still try", () => {
  const archived = { ...exercise, isArchived: true };
  expect(maySubmit(VIEWERS.student, archived)).toEqual({ kind: "denied", because: "archived" });
  expect(maySubmit(VIEWERS.ta, archived).kind).toBe("allowed");
});

test.each([
  { name: "the last attempt", attempts: 3, spent: 2, kind: "allowed" },
  { name: "one more than there are", attempts: 3, spent: 3, kind: "denied" },
  { name: "any number where none is set", attempts: undefined, spent: 99, kind: "allowed" },
])("a submission: $name is $kind", ({ attempts, spent, kind }) => {
  const schedule = { timeZone: "UTC", ...(attempts !== undefined && { attempts }) };
  expect(maySubmit(VIEWERS.student, { ...exercise, schedule, spent }).kind).toBe(kind);
});

test("a student waits until the pause between attempts is over, who teaches does not", () => {
  const schedule = { timeZone: "UTC", cooldownMinutes: 120 };
  const again = { ...exercise, schedule, spent: 1, lastAt: NOW - HOUR };
  const waiting = { kind: "denied", because: "cooling-down", until: NOW + HOUR };
  expect(maySubmit(VIEWERS.student, again)).toEqual(waiting);
  expect(maySubmit(VIEWERS.ta, again).kind).toBe("allowed");
  expect(maySubmit(VIEWERS.student, { ...again, at: NOW + HOUR }).kind).toBe("allowed");
});

test("an account that many share stays as it is", () => {
  expect(mayChangeAccount(VIEWERS.student, true).kind).toBe("denied");
  expect(mayChangeAccount(VIEWERS.student, false).kind).toBe("allowed");
  expect(mayChangeAccount(undefined, false).kind).toBe("denied");
});

test("the admin cannot close the own account", () => {
  expect(mayBan(VIEWERS.admin, VIEWERS.admin)).toEqual({ kind: "denied", because: "oneself" });
});

test("a reset link never leads an instructor to a role that they could not give", () => {
  const roles = fc.uniqueArray(
    fc.record({ runId: fc.constantFrom("a", "b", "c"), role: fc.constantFrom(...ROLES) }),
    { selector: ({ runId }) => runId },
  );
  const courses = fc.subarray(["a", "b"]);
  fc.assert(
    fc.property(roles, roles, fc.boolean(), courses, (mine, yours, isAdmin, written) => {
      const viewer: Viewer = { ...someone("viewer"), roles: mine, courses: ["a"] };
      const person: Person = { userId: "person", isAdmin, roles: yours, courses: written };
      if (mayMakeResetLink(viewer, person).kind === "denied") return;
      expect(isAdmin).toBe(false);
      expect(written).toEqual([]);
      for (const { runId, role } of yours) {
        expect(mayGiveRole(viewer, runId, role).kind).toBe("allowed");
      }
    }),
  );
});

test.each([
  { name: "never closed", banned: false, until: null, answer: false },
  { name: "closed for good", banned: true, until: null, answer: true },
  { name: "closed until later", banned: true, until: "2026-12-01", answer: true },
  { name: "closed until earlier", banned: true, until: "2026-10-01", answer: false },
])("an account $name", ({ banned, until, answer }) => {
  const banExpires = until === null ? null : new Date(until);
  expect(isBanned({ banned, banExpires }, new Date("2026-11-01"))).toBe(answer);
});
