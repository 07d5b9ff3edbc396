/** Checks of the publish gate, as those who have asked for them follow them. */
import { z } from "zod";
import { isCarriedOut } from "../content/check.ts";
import { mutantsSearched, requestMutants } from "../content/mutants.ts";
import { pathInCourse, placeOf } from "../content/tree.ts";
import type { Tx } from "../db/index.ts";
import type { CheckState } from "./document-list.ts";

/** Something that is in the way, with the place to mend it. */
export interface CheckProblem {
  readonly message: string;
  /** From the course's folder on. */
  readonly file: string;
  readonly line: number;
  /** Where it can be mended in the site; undefined: in no document of the course. */
  readonly at: { readonly documentId: string; readonly path: string } | undefined;
}

/** A wrong program that gets all points. */
export interface SmallMistake {
  readonly line: number;
  readonly what: string;
}

export interface CheckPart {
  readonly documentId: string;
  readonly path: string;
  readonly number: number;
  /** Number of the document's newest version by now. */
  readonly head: number;
  readonly versionId: string;
  readonly mutation: Mutation;
}

/** What is known of small mistakes in the solution. */
export type Mutation =
  /** No exercise, or not published: nobody looks for them. */
  | { readonly kind: "none" }
  | { readonly kind: "searching" }
  /** The search has failed, and goes on when somebody asks for it. */
  | { readonly kind: "failed" }
  | {
      readonly kind: "found";
      readonly tried: number;
      readonly survivors: readonly SmallMistake[];
      /** Those with which grading itself has failed. */
      readonly unjudged: readonly SmallMistake[];
    };

export interface ShownCheck {
  readonly id: string;
  readonly state: CheckState;
  readonly publishes: boolean;
  readonly askedBy: string | undefined;
  readonly askedAt: Date;
  readonly endedAt: Date | undefined;
  readonly done: number;
  readonly total: number;
  readonly step: string;
  readonly problems: readonly CheckProblem[];
  readonly parts: readonly CheckPart[];
}

const SmallMistakes = z.array(z.object({ line: z.number(), what: z.string() }));

/** A check of the course; undefined for one of another course's. */
export async function checkById(
  tx: Tx,
  courseId: string,
  checkId: string,
): Promise<ShownCheck | undefined> {
  const found = await tx.contentCheck.findFirst({
    where: { id: checkId, courseId },
    select: SELECTED,
  });
  if (found === null) return undefined;
  const { askedBy, endedAt, problems, parts, ...check } = found;
  const isOpen = check.state === "waiting" || check.state === "running";
  const isLost = isOpen && !(await isCarriedOut(tx, checkId));
  const isShown = check.publishes && check.state === "passed";
  const unsearched = parts.filter(
    ({ version: { document, mutation } }) =>
      isShown && document.kind === "exercise" && mutation === null,
  );
  const searched = await mutantsSearched(
    tx,
    unsearched.map(({ version }) => version.id),
  );
  return {
    ...check,
    state: isLost ? "failed" : check.state,
    askedBy: askedBy?.name,
    endedAt: endedAt ?? undefined,
    problems: await placed(tx, courseId, isLost ? [...problems, LOST] : problems),
    parts: parts.map((part) => {
      const { id: versionId, number, document, mutation } = part.version;
      const head = document.versions[0]?.number ?? number;
      const given = { documentId: document.id, path: document.path, number, head, versionId };
      if (mutation !== null) return { ...given, mutation: mutationOf(mutation) };
      if (!unsearched.includes(part)) return { ...given, mutation: { kind: "none" } };
      const kind = searched.has(versionId) ? "searching" : "failed";
      return { ...given, mutation: { kind } };
    }),
  };
}

const LOST = "The check was begun several times and never ended: try again.";

/** Looks for small mistakes once more, after a search that has failed; false: it was not that. */
export async function searchMutantsAgain(
  tx: Tx,
  courseId: string,
  versionId: string,
): Promise<boolean> {
  const version = await tx.contentVersion.findFirst({
    where: {
      id: versionId,
      mutation: null,
      document: { courseId, kind: "exercise" },
      publications: { some: {} },
    },
    select: { id: true },
  });
  if (version === null || (await mutantsSearched(tx, [versionId])).size > 0) return false;
  await requestMutants(tx, versionId);
  return true;
}

/** The newest check that any version of the document went through. */
export async function latestCheckOf(
  tx: Tx,
  courseId: string,
  documentId: string,
): Promise<ShownCheck | undefined> {
  const part = await tx.contentCheckPart.findFirst({
    where: { version: { documentId } },
    orderBy: { checkId: "desc" },
    select: { checkId: true },
  });
  return part === null ? undefined : checkById(tx, courseId, part.checkId);
}

const SELECTED = {
  id: true,
  state: true,
  publishes: true,
  askedBy: { select: { name: true } },
  askedAt: true,
  endedAt: true,
  done: true,
  total: true,
  step: true,
  problems: true,
  parts: {
    select: {
      version: {
        select: {
          id: true,
          number: true,
          document: {
            select: {
              id: true,
              path: true,
              kind: true,
              versions: { orderBy: { number: "desc" }, take: 1, select: { number: true } },
            },
          },
          mutation: { select: { tried: true, survivors: true, unjudged: true } },
        },
      },
    },
  },
} as const;

interface FoundMistakes {
  readonly tried: number;
  readonly survivors: unknown;
  readonly unjudged: unknown;
}

function mutationOf({ tried, survivors, unjudged }: FoundMistakes): Mutation {
  const mistakesIn = (stored: unknown) => SmallMistakes.safeParse(stored).data ?? [];
  const found = { survivors: mistakesIn(survivors), unjudged: mistakesIn(unjudged) };
  return { kind: "found", tried, ...found };
}

/** Problems are texts, `file:line: what`; here each gets the document that it is in. */
async function placed(tx: Tx, courseId: string, problems: readonly string[]) {
  const split = problems.map((problem) => {
    const [, file = "", line = "1", message = problem] =
      /^([^\s:]+):(\d+): ([\s\S]*)$/.exec(problem) ?? [];
    return { file, line: Number(line), message };
  });
  const documents = await tx.contentDocument.findMany({
    where: { courseId, path: { in: split.map(({ file }) => placeOf(file).document) } },
    select: { id: true, path: true },
  });
  const ids = new Map(documents.map(({ id, path }) => [path, id]));
  return split.map(({ file, line, message }): CheckProblem => {
    const { document, path } = placeOf(file);
    const documentId = ids.get(document);
    const isThere =
      documentId !== undefined && pathInCourse(document, path) === file && path !== "";
    return { file, line, message, at: isThere ? { documentId, path } : undefined };
  });
}
