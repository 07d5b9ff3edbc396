/** Actions of who reads lectures and hands work in. */
import { db } from "../../../server/db/client.ts";
import { type ActionName, form } from "../action-call.ts";
import { SIGNED_IN } from "../visitors.ts";
import {
  type Action,
  enrolled,
  enrolledAnywhere,
  LECTURE,
  onExercise,
  onLecture,
  submitters,
} from "./table.ts";

export const STUDY_ACTIONS: Record<ActionName, Action> = {
  "app/progress/actions.ts chooseCounting": {
    at: () => "/progress",
    allowed: ["student", "another student"],
    isSilent: true,
    args: async ({ runId }, { userId }) => {
      const where = { runId_userId: { runId, userId } };
      const now = await db().enrolment.findUnique({ where });
      return [form({ run: runId, counted: now?.isReadingCounted === false ? "yes" : "no" })];
    },
  },
  "app/lectures/[slug]/actions.ts loadCells": {
    at: onLecture,
    allowed: SIGNED_IN,
    isReading: true,
    args: async (_, { userId: reader }) => [{ slug: LECTURE, reader }],
  },
  "app/lectures/[slug]/actions.ts saveCells": {
    at: onLecture,
    allowed: SIGNED_IN,
    args: async (_, { userId: reader }) => [{ slug: LECTURE, reader, revision: 0, cells: {} }],
  },
  "app/lectures/[slug]/actions.ts historyOfCell": {
    at: onLecture,
    allowed: SIGNED_IN,
    isReading: true,
    args: async (_, { userId: reader }) => [{ slug: LECTURE, reader, cellId: "any" }],
  },
  "app/exercises/actions.ts submitExercise": {
    at: onExercise,
    allowed: submitters,
    args: async ({ exerciseSlug: exercise }, { userId }) => [
      { exercise, userId, source: `export {}; // ${userId}`, clientKey: crypto.randomUUID() },
    ],
  },
  "app/exercises/hand-in-report.ts handInReport": {
    at: onExercise,
    allowed: submitters,
    args: async ({ exerciseSlug: exercise }, { userId }) => {
      const clientKey = crypto.randomUUID();
      const source = `export {}; // by a form, ${userId}`;
      return [form({ exercise, source, clientKey, revision: "0" })];
    },
  },
  "app/exercises/actions.ts loadExerciseDraft": {
    at: onExercise,
    allowed: enrolled,
    isReading: true,
    args: async ({ exerciseSlug }) => [exerciseSlug],
  },
  "app/exercises/actions.ts saveExerciseDraftText": {
    at: onExercise,
    allowed: enrolled,
    args: async ({ exerciseSlug: exercise }, { userId }) => [
      { exercise, userId, revision: 0, source: "export {};" },
    ],
  },
  "app/bar/actions.ts chooseMyRun": {
    at: () => "/",
    allowed: enrolledAnywhere,
    isSilent: true,
    args: async (_, { who, userId }) => {
      const enrolment = await db().enrolment.findFirst({ where: { userId } });
      // Nobody chooses a run that they are not in, and nobody chooses for another.
      const run =
        who === "signed out"
          ? "any"
          : (enrolment?.runId ?? (await db().courseRun.findFirstOrThrow()).id);
      return [form({ run })];
    },
  },
};
