/** Actions of authors. */
import { zipSync } from "fflate";
import { db } from "../../../server/db/client.ts";
import { type ActionName, form } from "../action-call.ts";
import { type Action, authors, onCourse, state } from "./table.ts";

export const AUTHOR_ACTIONS: Record<ActionName, Action> = {
  "app/author/[course]/actions.ts saveDraftFiles": {
    at: onCourse,
    allowed: authors,
    args: async (to, { userId }) => [
      {
        ...{ course: to.courseSlug, document: await to.documents.id(), base: 1 },
        revision: await to.documents.draftRevision(userId),
        files: [{ path: "lecture.mdx", kind: "text", text: `# ${crypto.randomUUID()}` }],
      },
    ],
  },
  "app/author/[course]/actions.ts saveVersion": {
    at: onCourse,
    allowed: authors,
    args: async (to, { userId }) => [
      {
        ...{ course: to.courseSlug, document: await to.documents.id() },
        ...{ revision: await to.documents.newDraft(userId), message: "Changed" },
      },
    ],
  },
  "app/author/[course]/actions.ts publishDocuments": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to) => [
      form({ course: to.courseSlug, document: await to.documents.newestVersion() }),
    ],
  },
  "app/author/[course]/actions.ts bringVersionBack": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to, { userId }) => {
      await to.documents.newDraft(userId);
      await db().contentDraftFile.deleteMany();
      return [form({ course: to.courseSlug, document: await to.documents.id(), number: "1" })];
    },
  },
  "app/author/[course]/actions.ts mergeMyDraft": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to, { userId }) => {
      const given = { course: to.courseSlug, document: await to.documents.id() };
      const { revision, head } = await to.documents.mergeableDraft(userId);
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
      const lecture = await to.documents.path();
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
    args: async (to) => [{ course: to.courseSlug, document: await to.documents.id() }],
  },
  "app/author/[course]/try-actions.ts judgeMyFiles": {
    at: onCourse,
    allowed: authors,
    isReading: true,
    args: async (to) => [{ course: to.courseSlug, document: await to.documents.id() }],
  },
  "app/author/[course]/checks/[check]/actions.ts searchAgain": {
    at: (to) => `${onCourse(to)}/checks/any`,
    allowed: authors,
    // A job alone.
    isReading: true,
    args: async (to) => [
      state,
      form({ course: to.courseSlug, version: await to.documents.unsearchedVersion() }),
    ],
  },
  "app/author/[course]/actions.ts cancelPublication": {
    at: onCourse,
    allowed: authors,
    isSilent: true,
    args: async (to) => [form({ course: to.courseSlug, check: await to.documents.newCheck() })],
  },
};
