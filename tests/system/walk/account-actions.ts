/** Actions that let people in, and change accounts. */
import { makePasswordLink } from "../../../server/auth/password-link.ts";
import { db } from "../../../server/db/client.ts";
import { stopUrl } from "../../../server/mail/choice.ts";
import { type ActionName, form } from "../action-call.ts";
import { EVERYBODY, PASSWORD, SIGNED_IN } from "../visitors.ts";
import { newPerson } from "./newcomers.ts";
import { type Action, onAdmin, state } from "./table.ts";

export const ACCOUNT_ACTIONS: Record<ActionName, Action> = {
  "app/signin/actions.ts signInWithPassword": {
    at: () => "/signin",
    allowed: EVERYBODY,
    args: async (world) => {
      const { username: name } = await world.newStudent(PASSWORD);
      return [state, form({ name, password: PASSWORD, from: "/" })];
    },
  },
  "app/signin/actions.ts signInAsDemo": {
    at: () => "/signin",
    allowed: EVERYBODY,
    args: async () => [form({ username: "mira.kovac", from: "/" })],
  },
  "app/signin/forgotten/actions.ts askForLink": {
    at: () => "/signin/forgotten",
    allowed: EVERYBODY,
    isReading: true,
    args: async () => [state, form({ name: "student" })],
  },
  "app/signup/actions.ts makeMyAccount": {
    at: () => "/signup",
    allowed: EVERYBODY,
    args: async (_, { who }) => [state, form(newPerson(`up ${who}`))],
  },
  "app/reset/[token]/actions.ts resetPassword": {
    at: () => "/reset/any",
    allowed: EVERYBODY,
    args: async (world) => {
      const { userId } = await world.newStudent();
      const link = await makePasswordLink(db(), userId);
      const token = link.split("/").at(-1) ?? "";
      return [state, form({ token, next: "another password", again: "another password" })];
    },
  },
  "app/account/actions.ts renameMyself": {
    at: () => "/account",
    allowed: SIGNED_IN,
    args: async (_, { who }) => [state, form({ name: `${who}, renamed` })],
  },
  "app/account/actions.ts changeMyPassword": {
    at: () => "/account",
    allowed: SIGNED_IN,
    args: async () => {
      const given = { present: PASSWORD, next: PASSWORD, again: PASSWORD };
      return [state, form(given)];
    },
  },
  "app/account/actions.ts disconnectMyAccount": {
    at: () => "/account",
    allowed: SIGNED_IN,
    // Without a provider there is nothing to take away.
    isReading: true,
    args: async () => [],
  },
  "app/account/actions.ts chooseMyMail": {
    at: () => "/account",
    allowed: SIGNED_IN,
    args: async (_, { userId }) => {
      await db().mailChoice.deleteMany({ where: { userId } });
      return [state, form({ announcement: "daily" })];
    },
  },
  "app/mail/stop/[token]/actions.ts stopMail": {
    at: () => "/mail/stop/any",
    allowed: EVERYBODY,
    isSilent: true,
    args: async (world) => {
      const { userId } = await world.newStudent();
      const token = stopUrl({ userId, kind: "answer" }).split("/").at(-1) ?? "";
      return [form({ token: decodeURIComponent(token), pace: "never" })];
    },
  },
  "app/account/actions.ts endMySessions": {
    at: () => "/account",
    allowed: SIGNED_IN,
    args: async (world, { who }) => {
      if (who !== "signed out") await world.visitor(who);
      return [form({ session: "others" })];
    },
  },
  "app/account/actions.ts signOutHere": {
    at: () => "/account",
    allowed: EVERYBODY,
    idle: "signed out",
    args: async () => [],
  },
  "app/admin/actions.ts makeAccount": {
    at: onAdmin,
    allowed: ["instructor", "admin"],
    args: async ({ runId }, { who }) => [
      state,
      form({ ...newPerson(`made by ${who}`), runId, role: "student" }),
    ],
  },
  "app/admin/actions.ts enrolPerson": {
    at: onAdmin,
    allowed: ["instructor", "admin"],
    args: async (world) => {
      const { userId, username: person } = await world.newStudent();
      await db().enrolment.deleteMany({ where: { userId } });
      return [state, form({ person, runId: world.runId, role: "student" })];
    },
  },
  "app/admin/actions.ts setPersonRole": {
    at: onAdmin,
    allowed: ["instructor", "admin"],
    args: async (world) => {
      const { userId } = await world.newStudent();
      return [{ userId, runId: world.runId, role: "ta" }];
    },
  },
  "app/admin/actions.ts makeResetLink": {
    at: onAdmin,
    allowed: ["instructor", "admin"],
    args: async (world) => [{ userId: (await world.newStudent()).userId }],
  },
  "app/admin/actions.ts mailResetLink": {
    at: onAdmin,
    allowed: ["instructor", "admin"],
    // Without a mail server it only says so.
    isReading: true,
    args: async (world) => [{ userId: (await world.newStudent()).userId }],
  },
  "app/admin/actions.ts closeAccount": {
    at: onAdmin,
    allowed: ["admin"],
    args: async (world) => [{ userId: (await world.newStudent()).userId }],
  },
  "app/admin/actions.ts openAccount": {
    at: onAdmin,
    allowed: ["admin"],
    args: async (world) => {
      const { userId } = await world.newStudent();
      await db().user.update({ where: { id: userId }, data: { banned: true } });
      return [{ userId }];
    },
  },
  "app/admin/people/[id]/actions.ts eraseForGood": {
    at: (to) => `/admin/people/${to.userId("student")}`,
    allowed: ["admin"],
    args: async (world) => {
      const { userId: person, username } = await world.newStudent();
      return [state, form({ person, username, work: "unnamed" })];
    },
  },
};
