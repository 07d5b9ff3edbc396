/** Pages and routes of authors. */
import { db } from "../../../server/db/client.ts";
import { addDot, DOT, writtenLecture } from "../written-document.ts";
import { authors, onDocument, onlyAuthors, peopleManagers, type Readable } from "./table.ts";

export const AUTHOR_PAGES: Record<string, Readable> = {
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
    await to.documents.mergeableDrafts();
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
    async (to) => `/author/${to.courseSlug}/checks/${await to.documents.newCheck()}`,
  ),
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
};
