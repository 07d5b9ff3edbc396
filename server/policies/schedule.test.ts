import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countedScore } from "#notebook/document";
import {
  cooldownEnd,
  daysAfter,
  endOf,
  latePercentAt,
  type RuleFields,
  type RuleTarget,
  ruleHolds,
  ruleKey,
  ruleRank,
  SCHEDULE_FIELDS,
  type Schedule,
  type ScheduleRule,
  scheduleOf,
  stateAt,
} from "./schedule.ts";

const UTC = { timeZone: "UTC" };
const DAY = 24 * 60 * 60_000;
const at = (iso: string) => Date.parse(iso);

const PLACE = { lectureSlug: "07-pipes", exerciseId: "e1", sectionId: "s1", userId: "u1" };
const TARGETS: readonly RuleTarget[] = [
  {},
  { lectureSlug: "07-pipes" },
  { exerciseId: "e1" },
  { sectionId: "s1" },
  { sectionId: "s1", lectureSlug: "07-pipes" },
  { sectionId: "s1", exerciseId: "e1" },
  { userId: "u1" },
  { userId: "u1", lectureSlug: "07-pipes" },
  { userId: "u1", exerciseId: "e1" },
];

test("targets are listed from the least to the most specific, each with a key of its own", () => {
  expect(TARGETS.map(ruleRank)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(TARGETS.map(ruleKey)).size).toBe(TARGETS.length);
});

test.each([
  { name: "of another lecture", target: { lectureSlug: "08-signals" } },
  { name: "of another exercise", target: { exerciseId: "e2" } },
  { name: "for another section", target: { sectionId: "s2", lectureSlug: "07-pipes" } },
  { name: "for another student", target: { userId: "u2", exerciseId: "e1" } },
])("a rule $name says nothing", ({ target }) => {
  const rules = [{ ...target, fields: { dueAt: 5 } }];
  expect(scheduleOf(rules, PLACE, UTC)).toEqual({ timeZone: "UTC" });
});

const field = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null });
const fields: fc.Arbitrary<RuleFields> = fc.record(
  Object.fromEntries(SCHEDULE_FIELDS.map((name) => [name, field])),
  { requiredKeys: [] },
);
const rules: fc.Arbitrary<ScheduleRule[]> = fc
  .subarray([...TARGETS, { userId: "u2" }, { exerciseId: "e2" }, { sectionId: "s2" }])
  .chain((targets) =>
    fc.tuple(...targets.map((target) => fields.map((said) => ({ ...target, fields: said })))),
  );

test("field by field the most specific rule wins that says anything, in whatever order they come", () => {
  fc.assert(
    fc.property(rules, fc.func(fc.integer()), (given, order) => {
      const shuffled = given.toSorted((a, b) => order(ruleKey(a)) - order(ruleKey(b)));
      const schedule = scheduleOf(shuffled, PLACE, UTC);
      for (const name of SCHEDULE_FIELDS) {
        const saying = given.filter(
          (rule) => ruleHolds(rule, PLACE) && rule.fields[name] !== undefined,
        );
        const ranks = saying.map(ruleRank);
        const winner = saying.find((rule) => ruleRank(rule) === Math.max(...ranks));
        expect(schedule[name]).toBe(winner?.fields[name] ?? undefined);
      }
    }),
  );
});

test("the exercise’s own attempts hold where no rule says any, and a rule may lift them", () => {
  const own = { timeZone: "UTC", attempts: 3 };
  expect(scheduleOf([], PLACE, own).attempts).toBe(3);
  expect(scheduleOf([{ fields: { attempts: 5 } }], PLACE, own).attempts).toBe(5);
  expect(scheduleOf([{ fields: { attempts: null } }], PLACE, own).attempts).toBeUndefined();
});

describe("late", () => {
  const due = at("2026-11-20T23:59:00Z");
  const schedule: Schedule = { ...UTC, dueAt: due, latePercent: 10, lateDays: 3 };
  test.each([
    { name: "at the very moment", when: due, percent: 0 },
    { name: "a millisecond later", when: due + 1, percent: 10 },
    { name: "a day later, to the moment", when: due + DAY, percent: 10 },
    { name: "as the second day begins", when: due + DAY + 1, percent: 20 },
    { name: "at the cut-off", when: due + 3 * DAY, percent: 30 },
    { name: "after the cut-off", when: due + 3 * DAY + 1, percent: 100 },
  ])("$name $percent percent are lost", ({ when, percent }) => {
    expect(latePercentAt(schedule, when)).toBe(percent);
  });

  test("without a percentage late costs nothing, and more than all is not lost", () => {
    expect(latePercentAt({ ...UTC, dueAt: due }, due + 40 * DAY)).toBe(0);
    expect(latePercentAt({ ...UTC, dueAt: due, latePercent: 60 }, due + 9 * DAY)).toBe(100);
  });
});

describe("where clocks are put back or forward, a day ends at the same time of day", () => {
  test.each([
    {
      name: "25 hours, Berlin in October",
      timeZone: "Europe/Berlin",
      due: "2026-10-24T23:59:00+02:00",
      day: "2026-10-25T23:59:00+01:00",
      hours: 25,
    },
    {
      name: "23 hours, Berlin in March",
      timeZone: "Europe/Berlin",
      due: "2026-03-28T23:59:00+01:00",
      day: "2026-03-29T23:59:00+02:00",
      hours: 23,
    },
    {
      name: "25 hours, New York in November",
      timeZone: "America/New_York",
      due: "2026-10-31T17:00:00-04:00",
      day: "2026-11-01T17:00:00-05:00",
      hours: 25,
    },
    {
      name: "24.5 hours, Lord Howe in April",
      timeZone: "Australia/Lord_Howe",
      due: "2026-04-04T12:00:00+11:00",
      day: "2026-04-05T12:00:00+10:30",
      hours: 24.5,
    },
    {
      name: "due in the hour that does not exist a day later",
      timeZone: "Europe/Berlin",
      due: "2026-03-28T02:30:00+01:00",
      day: "2026-03-29T03:30:00+02:00",
      hours: 24,
    },
  ])("$name", ({ timeZone, due, day, hours }) => {
    const [from, end] = [at(due), at(day)];
    expect((end - from) / 3_600_000).toBe(hours);
    expect(daysAfter(from, 1, timeZone)).toBe(end);
    const schedule: Schedule = { timeZone, dueAt: from, latePercent: 10 };
    expect(latePercentAt(schedule, end)).toBe(10);
    expect(latePercentAt(schedule, end + 1)).toBe(20);
  });
});

const moment = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") });
const schedules: fc.Arbitrary<Schedule> = fc.record(
  {
    timeZone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"),
    opensAt: moment,
    dueAt: moment,
    closesAt: moment,
    latePercent: fc.integer({ min: 0, max: 100 }),
    lateDays: fc.integer({ min: 0, max: 60 }),
  },
  { requiredKeys: ["timeZone"] },
);

test("late never brings more points than in time, and later never more than earlier", () => {
  fc.assert(
    fc.property(schedules, moment, moment, fc.nat(100), (schedule, one, other, score) => {
      const [early, later] = [Math.min(one, other), Math.max(one, other)];
      const [first, second] = [early, later].map((when) =>
        countedScore(score, latePercentAt(schedule, when)),
      );
      expect(second).toBeLessThanOrEqual(first ?? Number.NaN);
      expect(first).toBeLessThanOrEqual(score);
      expect(second).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("it goes from not open to open to late to closed, and never back", () => {
  const order = ["not-open-yet", "open", "late", "closed"];
  fc.assert(
    fc.property(schedules, moment, moment, (schedule, one, other) => {
      const early = order.indexOf(stateAt(schedule, Math.min(one, other)).kind);
      const later = order.indexOf(stateAt(schedule, Math.max(one, other)).kind);
      expect(later).toBeGreaterThanOrEqual(early);
    }),
  );
});

test("whoever has more time never has fewer points", () => {
  fc.assert(
    fc.property(schedules, moment, fc.nat(60 * DAY), (schedule, when, more) => {
      if (schedule.dueAt === undefined) return;
      const extended = { ...schedule, dueAt: schedule.dueAt + more };
      expect(latePercentAt(extended, when)).toBeLessThanOrEqual(latePercentAt(schedule, when));
    }),
  );
});

test("it never closes before it is due", () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      const end = endOf(schedule);
      if (end === undefined || schedule.dueAt === undefined) return;
      expect(end).toBeGreaterThanOrEqual(schedule.dueAt);
    }),
  );
});

test.each([
  { name: "none is set", minutes: undefined, last: 0, end: undefined },
  { name: "nothing was handed in", minutes: 10, last: undefined, end: undefined },
  { name: "it lasts", minutes: 10, last: 0, end: 600_000 },
  { name: "it has just ended", minutes: 5, last: 0, end: undefined },
])("the pause between attempts: $name", ({ minutes, last, end }) => {
  const schedule = { ...UTC, ...(minutes !== undefined && { cooldownMinutes: minutes }) };
  expect(cooldownEnd(schedule, last, 300_000)).toBe(end);
});
