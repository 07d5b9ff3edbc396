/** Checks of the publish gate, as those who have asked for them follow them. */
import { z } from "zod";
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
export interface Survivor {
  readonly line: number;
  readonly what: string;
}

export interface CheckPart {
  readonly documentId: string;
  readonly path: string;
  readonly number: number;
  /** Of an exercise that is published: how many small mistakes were tried, and which pass. */
  readonly mutation:
    | { readonly tried: number; readonly survivors: readonly Survivor[] }
    | undefined;
}

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

const Survivors = z.array(z.object({ line: z.number(), what: z.string() }));

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
  return {
    ...check,
    askedBy: askedBy?.name,
    endedAt: endedAt ?? undefined,
    problems: await placed(tx, courseId, problems),
    parts: parts.map(({ version: { number, document, mutation } }) => ({
      documentId: document.id,
      path: document.path,
      number,
      mutation: mutation === null ? undefined : mutationOf(mutation),
    })),
  };
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
          number: true,
          document: { select: { id: true, path: true } },
          mutation: { select: { tried: true, survivors: true } },
        },
      },
    },
  },
} as const;

function mutationOf({ tried, survivors }: { tried: number; survivors: unknown }) {
  return { tried, survivors: Survivors.safeParse(survivors).data ?? [] };
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
