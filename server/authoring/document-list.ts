/** A course as its authors see it: what is published, what is not yet, and who is writing what. */
import { filesOf } from "../content/store.ts";
import type { DocumentKind } from "../content/tree.ts";
import type { Tx } from "../db/index.ts";
import { headingOf } from "./texts.ts";

export interface AuthoredCourse {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
}

const COURSE = { id: true, slug: true, title: true } as const;

/** `courseIds` undefined means all there are. */
export function authoredCourses(
  tx: Tx,
  courseIds?: readonly string[],
): Promise<readonly AuthoredCourse[]> {
  const where = courseIds === undefined ? {} : { id: { in: [...courseIds] } };
  return tx.course.findMany({ where, orderBy: { id: "asc" }, select: COURSE });
}

export async function authoredCourse(tx: Tx, slug: string): Promise<AuthoredCourse | undefined> {
  return (await tx.course.findUnique({ where: { slug }, select: COURSE })) ?? undefined;
}

export type CheckState = "waiting" | "running" | "passed" | "refused" | "cancelled" | "failed";

/** One document in the list of its course. */
export interface AuthoredDocument {
  readonly id: string;
  readonly path: string;
  readonly kind: DocumentKind;
  /** `L07`, `E7.2`; "" where the text does not say. */
  readonly number: string;
  readonly title: string;
  /** Number of the newest version. */
  readonly head: number;
  /** Number of the version that readers see. */
  readonly published: number | undefined;
  /** Whether readers have never seen the newest one. */
  readonly isAhead: boolean;
  readonly draftAt: Date | undefined;
  /** Others who have a draft of it. */
  readonly otherAuthors: readonly string[];
  readonly check: { readonly id: string; readonly state: CheckState } | undefined;
  /** Wrong programs that the tests of the published version accept. */
  readonly survivors: number;
}

const HEADING_FILES = ["exercise.yaml", "lecture.mdx"] as const;

export async function authoredDocuments(
  tx: Tx,
  courseId: string,
  userId: string,
): Promise<readonly AuthoredDocument[]> {
  const found = await tx.contentDocument.findMany({
    where: { courseId, versions: { some: {} } },
    orderBy: { path: "asc" },
    select: SELECTED,
  });
  const headings = await headingsOf(
    tx,
    found.map(({ versions }) => versions[0]?.files),
  );
  const listed = found.flatMap(({ id, path, kind, versions, publications, drafts }, index) => {
    const [head] = versions;
    if (head === undefined) return [];
    const [part] = head.checks;
    const mine = drafts.find((draft) => draft.userId === userId);
    const { number, title } = headings[index] ?? { number: "", title: "" };
    return [
      {
        id,
        path,
        kind,
        number,
        title: title || (kind === "shared" ? "Files of the whole course" : path),
        head: head.number,
        published: publications[0]?.version?.number,
        isAhead: head._count.publications === 0,
        draftAt: mine?.updatedAt,
        otherAuthors: drafts.filter((one) => one !== mine).map(({ user }) => user.name),
        check: part?.check,
        survivors: survivorsOf(publications[0]?.version?.mutation),
      },
    ];
  });
  return listed.sort((a, b) => lectureOf(a) - lectureOf(b) || byNumber.compare(a.number, b.number));

  /** Paths come in order, so a lecture's folder is found where its first document lies. */
  function lectureOf({ path }: AuthoredDocument): number {
    const [lecture = ""] = /^lectures\/[^/]+/.exec(path) ?? [];
    return found.findIndex((one) => one.path.startsWith(lecture));
  }
}

/** `L07` goes before its exercises, `E7.2` before `E7.10`. */
const byNumber = {
  compare: (a: string, b: string) =>
    Number(b.startsWith("L")) - Number(a.startsWith("L")) ||
    a.localeCompare(b, "en", { numeric: true }),
};

const SELECTED = {
  id: true,
  path: true,
  kind: true,
  versions: {
    orderBy: { number: "desc" },
    take: 1,
    select: {
      number: true,
      files: true,
      _count: { select: { publications: true } },
      checks: {
        orderBy: { checkId: "desc" },
        take: 1,
        select: { check: { select: { id: true, state: true } } },
      },
    },
  },
  publications: {
    orderBy: { id: "desc" },
    take: 1,
    select: { version: { select: { number: true, mutation: { select: { survivors: true } } } } },
  },
  drafts: {
    where: { files: { some: {} } },
    orderBy: { updatedAt: "desc" },
    select: { userId: true, updatedAt: true, user: { select: { name: true } } },
  },
} as const;

/** What each document is called in its text. */
async function headingsOf(
  tx: Tx,
  versions: readonly (Parameters<typeof filesOf>[0] | undefined)[],
) {
  const hashes = versions.map((json) => {
    const files = json === undefined ? undefined : filesOf(json);
    return HEADING_FILES.map((name) => files?.get(name)).find((hash) => hash !== undefined);
  });
  const wanted = hashes.filter((hash) => hash !== undefined);
  const blobs = await tx.contentBlob.findMany({ where: { hash: { in: wanted } } });
  const texts = new Map(blobs.map(({ hash, bytes }) => [hash, new TextDecoder().decode(bytes)]));
  return hashes.map((hash) => headingOf(texts.get(hash ?? "") ?? ""));
}

function survivorsOf(report: { readonly survivors: unknown } | null | undefined): number {
  return Array.isArray(report?.survivors) ? report.survivors.length : 0;
}
