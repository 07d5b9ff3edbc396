import { filesOf, storeBlobs, storePublication, storeVersion } from "../../server/content/store.ts";
import { hashOf } from "../../server/content/tree.ts";
import { db } from "../../server/db/client.ts";

/** Where one of the course's lectures is written: `/author/<course>/<document>`. */
export async function writtenLecture(): Promise<string> {
  const { id, course } = await db().contentDocument.findFirstOrThrow({
    where: { kind: "lecture" },
    select: { id: true, course: { select: { slug: true } } },
  });
  return `/author/${course.slug}/${id}`;
}

/** A picture as it is sent. */
export const DOT =
  '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><circle cx="2" cy="2" r="1"/></svg>';

/** Makes it a file of the lecture's next version; answers its path there. */
export async function addDot(where: { readonly id: string } | { readonly path: string }) {
  const { id: documentId, versions } = await db().contentDocument.findFirstOrThrow({
    where,
    select: { id: true, versions: { orderBy: { number: "desc" }, take: 1 } },
  });
  const bytes = new TextEncoder().encode(DOT);
  await storeBlobs(db(), new Map([[hashOf(bytes), bytes]]));
  const files = new Map([
    ...filesOf(versions[0]?.files ?? {}),
    ["pictures/dot.svg", hashOf(bytes)],
  ]);
  const made = { documentId, files, origin: "site", message: "A dot" } as const;
  const { id: versionId } = await storeVersion(db(), made);
  return { versionId, documentId };
}

/** The same for readers of the lecture: its address once the site has it. */
export function publishDot(siteUrl: string, slug: string): Promise<string> {
  const path = `/lectures/${slug}/pictures/dot.svg`;
  return published({ siteUrl, path, document: `lectures/${slug}` });
}

/** The same for what an exercise asks. */
export async function publishTaskDot(siteUrl: string, exercise: string): Promise<string> {
  const { path: document } = await db().contentDocument.findFirstOrThrow({
    where: { kind: "exercise", path: { endsWith: `/exercises/${exercise}` } },
  });
  return published({ siteUrl, path: `/exercises/${exercise}/pictures/dot.svg`, document });
}

interface Dot {
  readonly siteUrl: string;
  readonly path: string;
  /** The folder of the document that gets it. */
  readonly document: string;
}

async function published({ siteUrl, path, document }: Dot): Promise<string> {
  if ((await fetch(siteUrl + path)).status === 200) return path;
  const { versionId, documentId } = await addDot({ path: document });
  await storePublication(db(), documentId, versionId);
  while ((await fetch(siteUrl + path)).status !== 200) await new Promise(setImmediate);
  return path;
}
