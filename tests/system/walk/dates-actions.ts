/** Actions that change the dates of a run. */
import { db } from "#server/db";
import { ruleKey } from "#server/policies";
import { scheduleTable } from "#server/queries";
import { type ActionName, form } from "../action-call.ts";
import { type Action, onDates, state } from "./table.ts";

let moment = Date.parse("2050-01-01T00:00:00Z");

/** A date that nobody has set before. */
function nextMoment(): number {
  moment += 60_000;
  return moment;
}

/** As a change has left the date of the whole run: only so it can be taken back. */
async function lastChange(runId: string) {
  const { rules } = await scheduleTable(db(), runId);
  const { fields } = rules.find((rule) => ruleKey(rule) === ruleKey({})) ?? { fields: {} };
  return { target: {}, field: "dueAt", left: fields.dueAt };
}

export const DATES_ACTIONS: Record<ActionName, Action> = {
  "app/class/[run]/dates/actions.ts typeDate": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run }, { who }) => [
      { run, target: {}, field: "dueAt", text: who === "admin" ? "2050-01-01" : "2051-01-01" },
    ],
  },
  "app/class/[run]/dates/form-actions.ts setDateByForm": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run }, { who }) => {
      const text = who === "admin" ? "2052-01-01" : "2053-01-01";
      return [state, form({ run, row: "", field: "dueAt", text })];
    },
  },
  "app/class/[run]/dates/form-actions.ts moveDatesByForm": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run }) => [state, form({ run, days: "1" })],
  },
  "app/class/[run]/dates/form-actions.ts takeDatesBackByForm": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run, runId }) => {
      const back = { ...(await lastChange(runId)), value: nextMoment() };
      return [state, form({ run, before: JSON.stringify([back]) })];
    },
  },
  "app/class/[run]/dates/actions.ts restoreDates": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run, runId }) => [
      { run, changes: [{ ...(await lastChange(runId)), value: nextMoment() }] },
    ],
  },
  "app/class/[run]/dates/actions.ts shiftDates": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run }) => [{ run, days: 1 }],
  },
  "app/class/[run]/dates/actions.ts extendDates": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async (to) => {
      const { userId } = await to.newStudent();
      return [{ run: to.runSlug, target: { userId }, days: 7 }];
    },
  },
  "app/class/[run]/dates/actions.ts chooseTimeZone": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run }, { who }) => [
      { run, timeZone: who === "admin" ? "Asia/Tokyo" : "Europe/Berlin" },
    ],
  },
  "app/class/[run]/dates/actions.ts findStudents": {
    at: onDates,
    allowed: ["instructor", "admin"],
    isReading: true,
    args: async ({ runSlug: run }) => [{ run, part: "student" }],
  },
};
