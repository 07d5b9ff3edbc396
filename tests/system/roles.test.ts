import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePasswordLink } from "../../server/auth/password-link.ts";
import { makeInvitation } from "../../server/class/invitation.ts";
import { readRoster } from "../../server/class/roster-csv.ts";
import { planRoster } from "../../server/class/roster-plan.ts";
import { db } from "../../server/db/client.ts";
import { stopUrl } from "../../server/mail/choice.ts";
import { type Site, startSite } from "../site.ts";
import { type ActionName, builtActions, callAction, form } from "./action-call.ts";
import { EVERYBODY, PASSWORD, SIGNED_IN, type Visitor, type Who, World } from "./visitors.ts";
import { addDot, DOT, publishDot, publishTaskDot, writtenLecture } from "./written-document.ts";

/**
 * Every page, route handler and server action of the site, with who may have it. One that is not
 * listed here fails a test, and so does a line for one that is gone.
 */

const LECTURE = "11-ebpf-1-machine";

/** A path that a browser asks for; the last word says what those get who may not have it. */
interface Readable {
  readonly path: (world: World) => string | Promise<string>;
  /** It is asked by sending this; it stores nothing all the same, or no more than it is sent. */
  readonly sends?: unknown;
  readonly allowed: readonly Who[];
  /** The answer to the others; those who are not signed in are led to the sign-in page first. */
  readonly denied?: 403 | 404 | "elsewhere";
  readonly leadsToSignIn?: true;
  /** Where those who may have it are led when there is only one thing to see. */
  readonly only?: RegExp;
}

const submitters = ["student", "another student", "ta", "instructor"] as const;
const own = ["student", "ta", "instructor", "admin"] as const;
const teachers = ["ta", "instructor", "admin"] as const;
const members = ["reader", "student", "another student", ...teachers] as const;
const managers = ["instructor", "admin"] as const;
const peopleManagers = ["instructor", "instructor elsewhere", "admin"] as const;

// Who instructs any run of the course writes in it.
const authors = ["instructor", "instructor elsewhere", "admin"] as const;

const onDocument = async (to: World) => `/author/${to.courseSlug}/${await to.documentId()}`;

function onlyAuthors(path: Readable["path"]): Readable {
  return { path, allowed: authors, denied: 403, leadsToSignIn: true };
}

const READABLE: Record<string, Readable> = {
  "app/page.tsx": { path: () => "/", allowed: EVERYBODY },
  "app/lectures/[slug]/page.tsx": { path: () => `/lectures/${LECTURE}`, allowed: EVERYBODY },
  "app/lectures/[slug]/cells.ts/route.ts": {
    path: () => `/lectures/${LECTURE}/cells.ts`,
    allowed: EVERYBODY,
  },
  "app/lectures/[slug]/notebook.ipynb/route.ts": {
    path: () => `/lectures/${LECTURE}/notebook.ipynb`,
    allowed: EVERYBODY,
  },
  "app/lectures/[slug]/reading/route.ts": {
    path: () => `/lectures/${LECTURE}/reading`,
    sends: { section: "", ran: [], failed: [], failedAsGiven: [] },
    allowed: ["student", "another student"],
    denied: 403,
  },
  "app/progress/page.tsx": {
    path: () => "/progress",
    allowed: [...submitters, "instructor elsewhere"],
    denied: 403,
    leadsToSignIn: true,
  },
  "app/lectures/[slug]/pictures/[file]/route.ts": {
    path: ({ site: { url } }) => publishDot(url, LECTURE),
    allowed: EVERYBODY,
  },
  "app/search/page.tsx": { path: () => "/search?q=map", allowed: EVERYBODY },
  "app/search/hits/route.ts": { path: () => "/search/hits?q=map", allowed: EVERYBODY },
  "app/exercises/[id]/page.tsx": {
    path: ({ exerciseSlug }) => `/exercises/${exerciseSlug}`,
    allowed: EVERYBODY,
  },
  "app/exercises/[id]/pictures/[file]/route.ts": {
    path: ({ site: { url }, exerciseSlug }) => publishTaskDot(url, exerciseSlug),
    allowed: EVERYBODY,
  },
  "app/submissions/[id]/page.tsx": {
    path: ({ submissionId }) => `/submissions/${submissionId}`,
    allowed: own,
    denied: 404,
    leadsToSignIn: true,
  },
  "app/submissions/[id]/events/route.ts": {
    path: ({ submissionId }) => `/submissions/${submissionId}/events`,
    allowed: own,
    denied: 404,
  },
  "app/signin/page.tsx": { path: () => "/signin", allowed: ["signed out"], denied: "elsewhere" },
  // What it does where the site sends mail is tested in mail.test.ts.
  "app/signin/forgotten/page.tsx": {
    path: () => "/signin/forgotten",
    allowed: [],
    denied: 404,
  },
  // What they do where there is a provider is tested in oidc.test.ts.
  "app/signin/oidc/route.ts": { path: () => "/signin/oidc", allowed: [], denied: 404 },
  "app/signin/oidc/callback/route.ts": {
    path: () => "/signin/oidc/callback",
    allowed: [],
    denied: 404,
  },
  "app/signup/page.tsx": { path: () => "/signup", allowed: ["signed out"], denied: "elsewhere" },
  "app/reset/[token]/page.tsx": { path: () => "/reset/unknown", allowed: EVERYBODY },
  "app/account/page.tsx": { path: () => "/account", allowed: SIGNED_IN, leadsToSignIn: true },
  "app/admin/page.tsx": {
    path: () => "/admin",
    allowed: peopleManagers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/author/page.tsx": {
    path: () => "/author",
    allowed: authors,
    denied: 403,
    leadsToSignIn: true,
    only: /^\/author\/./,
  },
  "app/author/[course]/page.tsx": onlyAuthors(({ courseSlug }) => `/author/${courseSlug}`),
  "app/author/[course]/[document]/page.tsx": onlyAuthors(onDocument),
  "app/author/[course]/[document]/versions/page.tsx": onlyAuthors(
    async (to) => `${await onDocument(to)}/versions`,
  ),
  "app/author/[course]/[document]/merge/page.tsx": onlyAuthors(async (to) => {
    await to.mergeableDrafts();
    return `${await onDocument(to)}/merge`;
  }),
  "app/author/[course]/zip/page.tsx": onlyAuthors(({ courseSlug }) => `/author/${courseSlug}/zip`),
  "app/author/[course]/zip/course.zip/route.ts": {
    path: ({ courseSlug }) => `/author/${courseSlug}/zip/course.zip`,
    allowed: authors,
    denied: 403,
  },
  "app/author/[course]/new/page.tsx": onlyAuthors(({ courseSlug }) => `/author/${courseSlug}/new`),
  "app/author/[course]/checks/[check]/page.tsx": onlyAuthors(
    async (to) => `/author/${to.courseSlug}/checks/${await to.newCheck()}`,
  ),
  "app/mail/stop/[token]/page.tsx": { path: () => "/mail/stop/unknown", allowed: EVERYBODY },
  "app/account/data.zip/route.ts": {
    path: () => "/account/data.zip",
    allowed: SIGNED_IN,
    denied: 403,
  },
  "app/admin/people/[id]/page.tsx": {
    path: (to) => `/admin/people/${to.userId("student")}`,
    allowed: ["admin"],
    denied: 403,
    leadsToSignIn: true,
  },
  "app/admin/people/[id]/data.zip/route.ts": {
    path: (to) => `/admin/people/${to.userId("student")}/data.zip`,
    allowed: ["student", "admin"],
    denied: 403,
  },
  "app/class/page.tsx": {
    path: () => "/class",
    allowed: [...teachers, "instructor elsewhere"],
    denied: 403,
    leadsToSignIn: true,
    only: /^\/class\/./,
  },
  "app/class/[run]/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/exercises/[slug]/[student]/page.tsx": {
    path: (to) => `/class/${to.runSlug}/exercises/${to.exerciseSlug}/${to.userId("student")}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/regrades/[id]/page.tsx": {
    path: async (to) => `/class/${to.runSlug}/regrades/${await to.newRegrade()}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/progress/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/progress`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/progress/[exercise]/page.tsx": {
    path: ({ runSlug, exerciseSlug }) => `/class/${runSlug}/progress/${exerciseSlug}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/progress/lectures/[lecture]/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/progress/lectures/${LECTURE}`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/dates/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/dates`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/grades/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/grades`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/people/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/people`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/log/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/log`,
    allowed: teachers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/people/roster.csv/route.ts": {
    path: ({ runSlug }) => `/class/${runSlug}/people/roster.csv`,
    allowed: teachers,
    denied: 403,
  },
  "app/class/[run]/people/import/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/people/import`,
    allowed: managers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/people/join/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/people/join`,
    allowed: managers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/settings/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/settings`,
    allowed: managers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/join/page.tsx": { path: () => "/join", allowed: EVERYBODY },
  "app/join/[token]/page.tsx": { path: () => "/join/unknown", allowed: EVERYBODY },
  "app/class/[run]/gradebook.json/route.ts": {
    path: ({ runSlug }) => `/class/${runSlug}/gradebook.json`,
    allowed: teachers,
    denied: 403,
  },
  "app/class/[run]/gradebook.csv/route.ts": {
    path: ({ runSlug }) => `/class/${runSlug}/gradebook.csv`,
    allowed: teachers,
    denied: 403,
  },
  "app/class/[run]/questions/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/questions`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/questions/new/page.tsx": {
    path: ({ runSlug, exerciseSlug }) => `/class/${runSlug}/questions/new?exercise=${exerciseSlug}`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/questions/[id]/page.tsx": {
    path: async (to) => `/class/${to.runSlug}/questions/${await to.newQuestion("class")}`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/class/[run]/announcements/page.tsx": {
    path: ({ runSlug }) => `/class/${runSlug}/announcements`,
    allowed: members,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/questions/page.tsx": {
    path: () => "/questions",
    allowed: [...members, "instructor elsewhere"],
    denied: 403,
    leadsToSignIn: true,
    only: /^\/class\/\w+\/questions$/,
  },
  "app/questions/counts/route.ts": {
    path: () => `/questions/counts?lecture=${LECTURE}`,
    allowed: ["reader", "student", "another student", "ta", "instructor", "instructor elsewhere"],
    denied: 403,
  },
  "app/author/[course]/[document]/preview/page.tsx": {
    path: async () => `${await writtenLecture()}/preview`,
    allowed: peopleManagers,
    denied: 403,
    leadsToSignIn: true,
  },
  "app/author/[course]/[document]/reading/route.ts": {
    path: async () => `${await writtenLecture()}/reading`,
    sends: { files: { "lecture.mdx": "## One" }, known: [], wants: "page" },
    allowed: peopleManagers,
    denied: 403,
  },
  "app/author/[course]/[document]/draft/route.ts": {
    path: async () => `${await writtenLecture()}/draft?since=0`,
    allowed: peopleManagers,
    denied: 403,
  },
  "app/author/[course]/[document]/pictures/route.ts": {
    path: async () => `${await writtenLecture()}/pictures?name=dot.svg`,
    sends: DOT,
    allowed: peopleManagers,
    denied: 403,
  },
  "app/author/[course]/[document]/pictures/[file]/route.ts": {
    path: async () => {
      const path = await writtenLecture();
      await db().contentDraft.deleteMany();
      await addDot({ id: path.split("/").at(-1) ?? "" });
      return `${path}/pictures/dot.svg`;
    },
    allowed: peopleManagers,
    denied: 403,
  },
  "app/author/[course]/[document]/versions/[number]/pictures/[file]/route.ts": {
    path: async () => {
      const path = await writtenLecture();
      const { versionId } = await addDot({ id: path.split("/").at(-1) ?? "" });
      const where = { id: versionId };
      const { number } = await db().contentVersion.findUniqueOrThrow({ where });
      return `${path}/versions/${number}/pictures/dot.svg`;
    },
    allowed: peopleManagers,
    denied: 403,
  },
  "app/author/[course]/[document]/words/route.ts": {
    path: async () => `${await writtenLecture()}/words`,
    allowed: peopleManagers,
    denied: 403,
  },
  "app/healthz/route.ts": { path: () => "/healthz", allowed: EVERYBODY },
  "app/readyz/route.ts": { path: () => "/readyz", allowed: EVERYBODY },
  // From this machine; who may read it from elsewhere is tested beside it.
  "app/metrics/route.ts": { path: () => "/metrics", allowed: EVERYBODY },
  "app/cell-types/route.ts": { path: () => "/cell-types", allowed: EVERYBODY },
  "app/sandbox/frame/route.ts": { path: () => "/sandbox/frame", allowed: EVERYBODY },
};

interface Action {
  /** The page that it is called from. */
  readonly at: (world: World) => string;
  readonly args: (world: World, visitor: Visitor) => Promise<readonly unknown[]>;
  readonly allowed: readonly Who[];
  /** It stores nothing; whether it was allowed shows in its answer alone. */
  readonly isReading?: true;
  /** It answers nothing; whether it was allowed shows in what is stored alone. */
  readonly isSilent?: true;
  /** Who may, and for whom there is nothing to change. */
  readonly idle?: Who;
}

const state = { kind: "empty" };
const onExercise = ({ exerciseSlug }: World) => `/exercises/${exerciseSlug}`;
const onLecture = () => `/lectures/${LECTURE}`;
const onClass = ({ runSlug }: World) => `/class/${runSlug}`;
const onGrades = ({ runSlug }: World) => `/class/${runSlug}/grades`;
const onReport = (to: World) => `/class/${to.runSlug}/exercises/a-report/${to.userId("student")}`;
const onAttempts = (to: World) =>
  `/class/${to.runSlug}/exercises/${to.exerciseSlug}/${to.userId("student")}`;
const onCourse = ({ courseSlug }: World) => `/author/${courseSlug}`;
const onDates = ({ runSlug }: World) => `/class/${runSlug}/dates`;
const onAdmin = () => "/admin";
const onNewQuestion = ({ runSlug }: World) => `/class/${runSlug}/questions/new`;
const onQuestion = ({ runSlug }: World) => `/class/${runSlug}/questions/any`;
const onAnnouncements = ({ runSlug }: World) => `/class/${runSlug}/announcements`;
const enrolled = ["reader", ...submitters] as const;
const enrolledAnywhere = [...enrolled, "instructor elsewhere"] as const;

const ACTIONS: Record<ActionName, Action> = {
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
  "app/class/[run]/actions.ts regradeInRun": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.endRegrades();
      return [form({ run: to.runSlug })];
    },
  },
  "app/class/[run]/actions.ts regradeExercise": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.endRegrades();
      return [form({ run: to.runSlug, exercise: to.exerciseSlug })];
    },
  },
  "app/class/[run]/actions.ts regradeSubmission": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.endRegrades();
      return [form({ run: to.runSlug, submission: to.submissionId })];
    },
  },
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
    args: async ({ runSlug: run }) => {
      const change = { target: {}, field: "dueAt", value: nextMoment() };
      return [state, form({ run, before: JSON.stringify([change]) })];
    },
  },
  "app/class/[run]/dates/actions.ts restoreDates": {
    at: onDates,
    allowed: ["instructor", "admin"],
    args: async ({ runSlug: run }) => {
      const change = { target: {}, field: "dueAt", value: nextMoment() };
      return [{ run, changes: [change] }];
    },
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
  "app/class/[run]/actions.ts cancelRegradeInRun": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.newRegrade() })],
  },
  "app/class/[run]/questions/actions.ts askQuestion": {
    at: onNewQuestion,
    allowed: members,
    args: async ({ runSlug: run, exerciseSlug: exercise }) => [
      state,
      form({ run, exercise, title: "Why?", text: "Why so?", quote: "let a;", audience: "class" }),
    ],
  },
  "app/class/[run]/questions/actions.ts answerQuestion": {
    at: onQuestion,
    allowed: ["student", ...teachers],
    args: async (to) => [
      state,
      form({ question: await to.newQuestion("staff"), text: "Because." }),
    ],
  },
  "app/class/[run]/questions/actions.ts editText": {
    at: onQuestion,
    allowed: ["student"],
    args: async (to) => [
      state,
      form({ question: await to.newQuestion("class"), text: "What I meant" }),
    ],
  },
  "app/class/[run]/questions/actions.ts settleQuestion": {
    at: onQuestion,
    allowed: ["student", ...teachers],
    isSilent: true,
    args: async (to) => [form({ question: await to.newQuestion("class"), answered: "yes" })],
  },
  "app/class/[run]/questions/actions.ts showQuestion": {
    at: onQuestion,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ question: await to.newQuestion("class"), audience: "staff" })],
  },
  "app/class/[run]/questions/actions.ts removeTalk": {
    at: onQuestion,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ question: await to.newQuestion("class"), removed: "yes" })],
  },
  "app/class/[run]/announcements/actions.ts announce": {
    at: onAnnouncements,
    allowed: teachers,
    args: async ({ runSlug: run }) => [state, form({ run, title: "Room", text: "B 1" })],
  },
  "app/class/[run]/announcements/actions.ts changeAnnouncement": {
    at: onAnnouncements,
    allowed: teachers,
    args: async (to) => [
      state,
      form({ announcement: await to.newAnnouncement(), title: "Room", text: "B 2" }),
    ],
  },
  "app/class/[run]/announcements/actions.ts removeAnnouncement": {
    at: onAnnouncements,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ announcement: await to.newAnnouncement(), removed: "yes" })],
  },
  "app/class/[run]/announcements/actions.ts readAnnouncement": {
    at: onAnnouncements,
    allowed: members,
    isSilent: true,
    args: async (to) => [form({ announcement: await to.newAnnouncement() })],
  },
  "app/class/[run]/regrades/actions.ts tryNewVersion": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.newVersion();
      return [form({ run: to.runSlug, exercise: to.exerciseSlug })];
    },
  },
  "app/class/[run]/regrades/actions.ts applyTrial": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.newTrial("dry") })],
  },
  "app/class/[run]/regrades/actions.ts undoTrial": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.newTrial("applied") })],
  },
  "app/class/[run]/regrades/actions.ts dismissTrial": {
    at: onClass,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, regrade: await to.newTrial("dry") })],
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
    args: async (to) => [form({ run: to.runSlug, step: await to.newGivenGrade() })],
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
    args: async (to) => [form({ run: to.runSlug, comment: await to.newComment() })],
  },
  "app/class/[run]/exercises/[slug]/[student]/report-actions.ts gradeReport": {
    at: onReport,
    allowed: teachers,
    args: async (to) => {
      const { submissionId: submission } = await to.newReport();
      const fields = { run: to.runSlug, submission, comment: crypto.randomUUID() };
      return [{ kind: "empty" }, form({ ...fields, "points:clear": "1" })];
    },
  },
  "app/class/[run]/exercises/[slug]/[student]/report-actions.ts undoGradedReport": {
    at: onReport,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, step: await to.newGradedReport() })],
  },
  "app/class/[run]/grades/actions.ts saveSettings": {
    at: onGrades,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.newSettings();
      return [form({ run: to.runSlug, dropLowest: "0" })];
    },
  },
  "app/class/[run]/grades/actions.ts holdExerciseGrades": {
    at: onGrades,
    allowed: teachers,
    isSilent: true,
    args: async (to) => {
      await to.releaseGrades();
      return [form({ run: to.runSlug, change: `hold:${to.exerciseSlug}` })];
    },
  },
  "app/class/[run]/grades/actions.ts undoGradeStep": {
    at: onGrades,
    allowed: teachers,
    isSilent: true,
    args: async (to) => [form({ run: to.runSlug, step: await to.newSettings() })],
  },
  "app/class/[run]/grades/actions.ts importGrades": {
    at: onGrades,
    allowed: teachers,
    args: async (to) => {
      const line = `student,${to.exerciseSlug},1,${crypto.randomUUID()}`;
      const text = `username,exercise,points,comment\n${line}`;
      const digest = await to.digestOfGrades(text);
      return [{ kind: "empty" }, form({ run: to.runSlug, text, what: "apply", digest })];
    },
  },
  "app/author/[course]/actions.ts saveDraftFiles": {
    at: onCourse,
    allowed: authors,
    args: async (to, { userId }) => [
      {
        ...{ course: to.courseSlug, document: await to.documentId(), base: 1 },
        revision: await to.draftRevision(userId),
        files: [{ path: "lecture.mdx", kind: "text", text: `# ${crypto.randomUUID()}` }],
      },
    ],
  },
  "app/author/[course]/actions.ts saveVersion": {
    at: onCourse,
    allowed: authors,
    args: async (to, { userId }) => [
      {
        ...{ course: to.courseSlug, document: await to.documentId() },
        ...{ revision: await to.newDraft(userId), message: "Changed" },
      },
    ],
  },
  "app/author/[course]/actions.ts publishDocuments": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to) => [form({ course: to.courseSlug, document: await to.newestVersion() })],
  },
  "app/author/[course]/actions.ts bringVersionBack": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to, { userId }) => {
      await to.newDraft(userId);
      await db().contentDraftFile.deleteMany();
      return [form({ course: to.courseSlug, document: await to.documentId(), number: "1" })];
    },
  },
  "app/author/[course]/actions.ts mergeMyDraft": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to, { userId }) => {
      const given = { course: to.courseSlug, document: await to.documentId() };
      const { revision, head } = await to.mergeableDraft(userId);
      const both = { revision: String(revision), head: String(head) };
      return [form({ ...given, ...both, "choice lecture.mdx#0": "mine" })];
    },
  },
  "app/author/[course]/create-actions.ts createLecture": {
    at: onCourse,
    allowed: authors,
    args: async (to) => {
      const slug = `made-${crypto.randomUUID()}`;
      return [state, form({ course: to.courseSlug, number: "30", slug, title: "New" })];
    },
  },
  "app/author/[course]/create-actions.ts createExercise": {
    at: onCourse,
    allowed: authors,
    args: async (to) => {
      const slug = `made-${crypto.randomUUID()}`;
      const lecture = await to.documentPath();
      const given = { course: to.courseSlug, number: "E30.1", slug, title: "New", lecture };
      return [state, form(given)];
    },
  },
  "app/author/[course]/zip/upload-action.ts uploadZip": {
    at: onCourse,
    allowed: authors,
    args: async (to) => {
      const text = new TextEncoder().encode(crypto.randomUUID());
      const zip = new File([new Uint8Array(zipSync({ "notes.md": text }))], "course.zip");
      const sent = form({ course: to.courseSlug });
      sent.set("file", zip);
      return [{ kind: "empty" }, sent];
    },
  },
  "app/author/[course]/try-actions.ts runMyCells": {
    at: onCourse,
    allowed: authors,
    isReading: true,
    args: async (to) => [{ course: to.courseSlug, document: await to.documentId() }],
  },
  "app/author/[course]/try-actions.ts judgeMyFiles": {
    at: onCourse,
    allowed: authors,
    isReading: true,
    args: async (to) => [{ course: to.courseSlug, document: await to.documentId() }],
  },
  "app/author/[course]/checks/[check]/actions.ts searchAgain": {
    at: (to) => `${onCourse(to)}/checks/any`,
    allowed: authors,
    // A job alone.
    isReading: true,
    args: async (to) => [
      state,
      form({ course: to.courseSlug, version: await to.unsearchedVersion() }),
    ],
  },
  "app/author/[course]/actions.ts cancelPublication": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to) => [form({ course: to.courseSlug, check: await to.newCheck() })],
  },
};

let moment = Date.parse("2050-01-01T00:00:00Z");

/** A date that nobody has set before. */
function nextMoment(): number {
  moment += 60_000;
  return moment;
}

const root = join(import.meta.dirname, "../..");
const ids = builtActions();
let site: Site;
let world: World;

beforeAll(async () => {
  // What graders store would look like what a visitor has changed.
  site = await startSite({ KERNELBOOK_GRADERS: "0" });
  world = await World.open(site);
});

afterAll(async () => {
  await world.close();
  await site.stop();
});

describe("what there is", () => {
  test("every page and route handler stands in the table, and nothing else", () => {
    const found = appFiles().filter((file) => /\/(page\.tsx|route\.ts)$/.test(`/${file}`));
    expect(found.filter((file) => !file.includes("/@"))).toEqual(Object.keys(READABLE).sort());
  });

  test("every server action stands in the table, and nothing else", () => {
    const written = appFiles().flatMap(actionsIn);
    expect(written.sort()).toEqual(Object.keys(ACTIONS).sort());
    // One that no page uses has no id, and could not be tried.
    expect([...ids.keys()].sort()).toEqual(written);
  });
});

describe.each(Object.entries(READABLE))("%s", (_, readable) => {
  const { path, sends, allowed, denied, leadsToSignIn, only } = readable;

  test.each(EVERYBODY)("%s", async (who) => {
    const { cookie } = await world.visitor(who);
    const abort = new AbortController();
    const response = await fetch(world.site.url + (await path(world)), {
      headers: { cookie, origin: world.site.url },
      ...(sends !== undefined && {
        method: "POST",
        body: typeof sends === "string" ? sends : JSON.stringify(sends),
      }),
      redirect: "manual",
      signal: abort.signal,
    });
    const to = response.headers.get("location") ?? "";
    // A stream of news has no end.
    abort.abort();
    if (allowed.includes(who)) {
      if (response.status === 307 && only !== undefined) expect(to).toMatch(only);
      else expect(response.ok).toBe(true);
    } else if (who === "signed out" && leadsToSignIn) {
      expect(response.status).toBe(307);
      expect(to).toMatch(/^\/signin\?from=/);
    } else if (denied === "elsewhere") {
      expect(response.status).toBe(307);
      expect(to).not.toContain("signin");
    } else expect(response.status).toBe(denied);
  });
});

describe.each(Object.entries(ACTIONS))("%s", (name, action) => {
  const { at, args, allowed, isReading, isSilent, idle } = action;

  test.each(EVERYBODY)("%s", async (who) => {
    const visitor = await world.visitor(who);
    const given = await args(world, visitor);
    const before = await world.fingerprint();
    const answer = await call(name, at(world), given, { cookie: visitor.cookie });
    // A form without a script is led to a page that says so.
    const isDenied =
      answer.value?.kind === "denied" || /^\/signin|[?&]refused=/.test(answer.redirect ?? "");
    const hasChanged = (await world.fingerprint()) !== before;
    expect({ isDenied, hasChanged, status: answer.status >= 500 }).toEqual({
      isDenied: !allowed.includes(who) && isSilent !== true,
      hasChanged: allowed.includes(who) && isReading !== true && who !== idle,
      status: false,
    });
  });

  test.each([
    ["another site", "https://elsewhere.example"],
    ["a sandboxed frame", "null"],
  ])("is refused to %s, whoever is signed in", async (_, origin) => {
    const visitor = await world.visitor(allowed.includes("admin") ? "admin" : "student");
    const given = await args(world, visitor);
    const before = await world.fingerprint();
    const answer = await call(name, at(world), given, { cookie: visitor.cookie, origin });
    expect(answer.status).toBe(403);
    expect(await world.fingerprint()).toBe(before);
  });

  test("survives nonsense", async () => {
    const { cookie } = await world.visitor("admin");
    for (const nonsense of [[], [null], [{ userId: { $ne: "" } }], ["x".repeat(1000), "y"]]) {
      const before = await world.fingerprint();
      const answer = await call(name, at(world), nonsense, { cookie });
      expect(answer.value?.kind).not.toBe("signed-in");
      if (name !== "app/account/actions.ts signOutHere") {
        expect(await world.fingerprint()).toBe(before);
      }
    }
  });
});

async function call(
  name: string,
  path: string,
  args: readonly unknown[],
  headers: Record<string, string>,
) {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`the build has no action ${name}`);
  return callAction({ url: world.site.url + path, id, args, headers });
}

async function newInvitation(runId: string): Promise<{ id: string; token: string }> {
  const expiresAt = new Date(Date.now() + 86_400_000);
  const terms = { role: "student", sectionId: null, expiresAt, maxUses: null } as const;
  const made = await makeInvitation(db(), runId, terms);
  if (made.kind !== "made") throw new Error(made.kind);
  return { id: made.id, token: made.link.split("/").at(-1) ?? "" };
}

/** Into a run that nobody is in, so that everybody can join it. */
async function invitationToNewRun({ runId }: World): Promise<{ id: string; token: string }> {
  const { courseId } = await db().courseRun.findFirstOrThrow({ where: { id: runId } });
  const slug = crypto.randomUUID();
  const { id } = await db().courseRun.create({ data: { courseId, slug, title: slug } });
  return newInvitation(id);
}

function newPerson(who: string): Record<string, string> {
  const username = who.replaceAll(" ", "-");
  const email = `${username}@example.edu`;
  return { name: who, username, email, next: PASSWORD, again: PASSWORD };
}

function appFiles(): string[] {
  return readdirSync(join(root, "app"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** A file of actions says so in its first line; each function that it exports is one. */
function actionsIn(file: string): ActionName[] {
  const source = readFileSync(join(root, file), "utf8");
  if (!/^\s*["']use server["']/m.test(source)) return [];
  const exported = source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm);
  return [...exported].map(([, name]) => `${file} ${name}` as const);
}
