/** Actions that change runs, and who is in them. */
import { readRoster } from "../../../server/class/roster-csv.ts";
import { planRoster } from "../../../server/class/roster-plan.ts";
import { db } from "../../../server/db/client.ts";
import { type ActionName, form } from "../action-call.ts";
import { EVERYBODY, SIGNED_IN } from "../visitors.ts";
import { invitationToNewRun, newInvitation, newPerson } from "./newcomers.ts";
import { type Action, managers, onClass, peopleManagers, state } from "./table.ts";

export const RUN_ACTIONS: Record<ActionName, Action> = {
  "app/class/actions.ts beginRun": {
    at: () => "/class?all=1",
    allowed: peopleManagers,
    args: async (to, { who }) => {
      const { courseId } = await db().courseRun.findFirstOrThrow({ where: { id: to.runId } });
      const slug = `begun-by-${who.replaceAll(" ", "-")}`;
      return [state, form({ courseId, slug, title: slug, timeZone: "UTC" })];
    },
  },
  "app/class/[run]/settings/actions.ts describeThisRun": {
    at: onClass,
    allowed: managers,
    args: async ({ runSlug: run }, { who }) => [
      state,
      form({ run, title: `Named by ${who}`, timeZone: "UTC" }),
    ],
  },
  "app/class/[run]/settings/actions.ts archiveThisRun": {
    at: onClass,
    allowed: managers,
    isSilent: true,
    args: async (to) => {
      // What others do in the run must not hang on this.
      const { id } = await db().courseRun.findUniqueOrThrow({ where: { slug: to.runSlug } });
      await db().courseRun.update({ where: { id }, data: { archivedAt: new Date(0) } });
      return [form({ run: to.runSlug, archived: "no" })];
    },
  },
  "app/class/[run]/settings/actions.ts copyThisRun": {
    at: onClass,
    allowed: managers,
    args: async ({ runSlug: run }, { who }) => [
      state,
      form({ run, title: "Copy", slug: `copied-by-${who.replaceAll(" ", "-")}`, days: "7" }),
    ],
  },
  "app/class/[run]/people/actions.ts setPlaceInRun": {
    at: onClass,
    allowed: managers,
    args: async (to) => {
      const { userId } = await to.newStudent();
      return [{ run: to.runSlug, userId, after: { role: "reader", sectionId: null } }];
    },
  },
  "app/class/[run]/people/actions.ts nameSection": {
    at: onClass,
    allowed: managers,
    args: async ({ runSlug: run }, { who }) => [state, form({ run, name: `Section of ${who}` })],
  },
  "app/class/[run]/people/actions.ts dropSection": {
    at: onClass,
    allowed: managers,
    args: async ({ runSlug: run, runId }) => {
      const name = crypto.randomUUID().slice(0, 8);
      const { id } = await db().section.create({ data: { runId, name } });
      return [state, form({ run, id })];
    },
  },
  "app/class/[run]/people/import/actions.ts sendRoster": {
    at: onClass,
    allowed: managers,
    args: async (to) => {
      const { runSlug: run, runId } = to;
      const { userId, username } = await to.newStudent();
      await db().enrolment.deleteMany({ where: { userId } });
      const text = `name,email\n${username},${username}@example.edu\n`;
      const admin = await db().user.findFirstOrThrow({ where: { role: "admin" } });
      const viewer = {
        userId: admin.id,
        name: "",
        username: "",
        isAdmin: true,
        roles: [],
        courses: [],
      };
      const { digest } = await planRoster(db(), viewer, runId, readRoster(text));
      return [state, form({ run, step: "apply", text, digest })];
    },
  },
  "app/class/[run]/people/join/actions.ts inviteByLink": {
    at: onClass,
    allowed: managers,
    args: async ({ runSlug: run }) => [
      state,
      form({ run, role: "student", section: "", days: "14", uses: "" }),
    ],
  },
  "app/class/[run]/people/join/actions.ts inviteByMail": {
    at: onClass,
    allowed: managers,
    isReading: true,
    args: async ({ runSlug: run }) => [
      state,
      form({ run, role: "student", section: "", days: "14", addresses: "new@example.edu" }),
    ],
  },
  "app/class/[run]/people/join/actions.ts switchInvitation": {
    at: onClass,
    allowed: managers,
    isSilent: true,
    args: async ({ runSlug: run, runId }) => {
      const { id } = await newInvitation(runId);
      return [form({ run, id, works: "no" })];
    },
  },
  "app/class/[run]/people/join/actions.ts setKeyOfRun": {
    at: onClass,
    allowed: managers,
    args: async ({ runSlug: run }) => [state, form({ run, key: "a key of the tests" })],
  },
  "app/join/actions.ts joinRun": {
    at: () => "/join",
    allowed: SIGNED_IN,
    args: async (to) => [state, form({ token: (await invitationToNewRun(to)).token })],
  },
  "app/join/actions.ts signUpToJoin": {
    at: () => "/join",
    allowed: EVERYBODY,
    args: async (to, { who }) => [
      state,
      form({ ...newPerson(`joined ${who}`), token: (await invitationToNewRun(to)).token }),
    ],
  },
};
