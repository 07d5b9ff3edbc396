import { describe, expect, test } from "vitest";
import {
  EDIT_MINUTES,
  mayEditText,
  mayLeadTalk,
  maySeeQuestion,
  maySeeQuote,
  maySettleQuestion,
  mayTalk,
  type QuestionInRun,
  type RunRole,
  type Viewer,
} from "./index.ts";

const RUN = "this-run";

function someone(userId: string, role?: RunRole, runId = RUN): Viewer {
  const roles = role === undefined ? [] : [{ runId, role }];
  return { userId, name: userId, username: userId, isAdmin: false, roles, courses: [] };
}

const VIEWERS = {
  "signed out": undefined,
  "not enrolled": someone("anybody"),
  reader: someone("reader", "reader"),
  asker: someone("asker", "student"),
  classmate: someone("classmate", "student"),
  ta: someone("ta", "ta"),
  instructor: someone("instructor", "instructor"),
  "instructor elsewhere": someone("other", "instructor", "another-run"),
  admin: { ...someone("admin"), isAdmin: true },
};
type Who = keyof typeof VIEWERS;

const forClass: QuestionInRun = {
  runId: RUN,
  authorId: "asker",
  audience: "class",
  isRemoved: false,
  isAtExercise: false,
};
const forStaff: QuestionInRun = { ...forClass, audience: "staff" };
const removed: QuestionInRun = { ...forClass, isRemoved: true };
const atExercise: QuestionInRun = { ...forClass, isAtExercise: true };
const erased: QuestionInRun = { ...forStaff, authorId: null };

const STAFF = ["ta", "instructor", "admin"] as const;
const MEMBERS = ["reader", "asker", "classmate", ...STAFF] as const;

const TABLE: readonly [string, (viewer: Viewer | undefined) => { kind: string }, readonly Who[]][] =
  [
    ["talk in the run", (v) => mayTalk(v, RUN), MEMBERS],
    ["lead the talk", (v) => mayLeadTalk(v, RUN), STAFF],
    ["see a question for the class", (v) => maySeeQuestion(v, forClass), MEMBERS],
    ["see a question for the staff", (v) => maySeeQuestion(v, forStaff), ["asker", ...STAFF]],
    ["see one whose asker is erased", (v) => maySeeQuestion(v, erased), STAFF],
    ["see a removed question", (v) => maySeeQuestion(v, removed), STAFF],
    ["see the code of a cell", (v) => maySeeQuote(v, forClass), MEMBERS],
    ["see the code of an exercise", (v) => maySeeQuote(v, atExercise), ["asker", ...STAFF]],
    ["call it answered", (v) => maySettleQuestion(v, forClass), ["asker", ...STAFF]],
  ];

describe.each(TABLE)("to %s", (_, policy, allowed) => {
  test.each(Object.keys(VIEWERS) as Who[])("%s", (who) => {
    expect(policy(VIEWERS[who]).kind).toBe(allowed.includes(who) ? "allowed" : "denied");
  });
});

const at = new Date("2026-11-01T12:00:00Z");
const after = (minutes: number) => new Date(at.getTime() + minutes * 60_000);
const own = { authorId: "asker", isRemoved: false, at };

test.each([
  { name: "the own text at once", who: "asker", text: own, minutes: 0, answer: "allowed" },
  {
    name: "the own text at the last moment",
    who: "asker",
    text: own,
    minutes: EDIT_MINUTES,
    answer: "allowed",
  },
  {
    name: "the own text later",
    who: "asker",
    text: own,
    minutes: EDIT_MINUTES + 0.1,
    answer: "too-late",
  },
  {
    name: "the own text that was taken away",
    who: "asker",
    text: { ...own, isRemoved: true },
    minutes: 0,
    answer: "not-allowed",
  },
  { name: "another’s text", who: "instructor", text: own, minutes: 0, answer: "not-allowed" },
  { name: "a text as nobody", who: "signed out", text: own, minutes: 0, answer: "signed-out" },
] as const)("to change $name: $answer", ({ who, text, minutes, answer }) => {
  const decision = mayEditText(VIEWERS[who], text, after(minutes));
  expect(decision.kind === "denied" ? decision.because : decision.kind).toBe(answer);
});
