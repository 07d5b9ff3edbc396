/** Actions that change grades. */
import { type ActionName, form } from "../action-call.ts";
import { type Action, onAttempts, onClass, onGrades, onReport, teachers } from "./table.ts";

export const GRADE_ACTIONS: Record<ActionName, Action> = {
  "app/class/[run]/actions.ts regradeInRun": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.grades.endRegrades();
      return [form({ run: to.runSlug })];
    },
  },
  "app/class/[run]/actions.ts regradeExercise": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.grades.endRegrades();
      return [form({ run: to.runSlug, exercise: to.exerciseSlug })];
    },
  },
  "app/class/[run]/actions.ts regradeSubmission": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.grades.endRegrades();
      return [form({ run: to.runSlug, submission: to.submissionId })];
    },
  },
  "app/class/[run]/actions.ts cancelRegradeInRun": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.grades.newRegrade() })],
  },
  "app/class/[run]/regrades/actions.ts tryNewVersion": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.grades.newVersion();
      return [form({ run: to.runSlug, exercise: to.exerciseSlug })];
    },
  },
  "app/class/[run]/regrades/actions.ts applyTrial": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.grades.newTrial("dry") })],
  },
  "app/class/[run]/regrades/actions.ts undoTrial": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.grades.newTrial("applied") })],
  },
  "app/class/[run]/regrades/actions.ts dismissTrial": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.grades.newTrial("dry") })],
  },
  "app/class/[run]/exercises/[slug]/[student]/actions.ts giveGrade": {
    at: onAttempts,
    allowed: teachers,
    args: async (to) => [
      { kind: "empty" },
      form({
        run: to.runSlug,
        exercise: to.exerciseSlug,
        student: to.userId("student"),
        points: "1",
        comment: crypto.randomUUID(),
      }),
    ],
  },
  "app/class/[run]/exercises/[slug]/[student]/actions.ts undoGivenGrade": {
    at: onAttempts,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, step: await to.grades.newGivenGrade() })],
  },
  "app/class/[run]/exercises/[slug]/[student]/actions.ts commentOnLine": {
    at: onAttempts,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [
      form({ run: to.runSlug, submission: to.submissionId, line: "1", text: "Why?" }),
    ],
  },
  "app/class/[run]/exercises/[slug]/[student]/actions.ts removeComment": {
    at: onAttempts,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, comment: await to.grades.newComment() })],
  },
  "app/class/[run]/exercises/[slug]/[student]/report-actions.ts gradeReport": {
    at: onReport,
    allowed: teachers,
    args: async (to) => {
      const { submissionId: submission } = await to.grades.newReport();
      const fields = { run: to.runSlug, submission, comment: crypto.randomUUID() };
      return [{ kind: "empty" }, form({ ...fields, "points:clear": "1" })];
    },
  },
  "app/class/[run]/exercises/[slug]/[student]/report-actions.ts undoGradedReport": {
    at: onReport,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, step: await to.grades.newGradedReport() })],
  },
  "app/class/[run]/grades/actions.ts saveSettings": {
    at: onGrades,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.grades.newSettings();
      return [form({ run: to.runSlug, dropLowest: "0" })];
    },
  },
  "app/class/[run]/grades/actions.ts holdExerciseGrades": {
    at: onGrades,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.grades.releaseGrades();
      return [form({ run: to.runSlug, change: `hold:${to.exerciseSlug}` })];
    },
  },
  "app/class/[run]/grades/actions.ts undoGradeStep": {
    at: onGrades,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, step: await to.grades.newSettings() })],
  },
  "app/class/[run]/grades/actions.ts importGrades": {
    at: onGrades,
    allowed: teachers,
    args: async (to) => {
      const line = `student,${to.exerciseSlug},1,${crypto.randomUUID()}`;
      const text = `username,exercise,points,comment\n${line}`;
      const digest = await to.grades.digestOfGrades(text);
      return [{ kind: "empty" }, form({ run: to.runSlug, text, what: "apply", digest })];
    },
  },
};
