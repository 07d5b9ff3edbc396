/** A new document, begun from a template as its first version. */

import {
  documentAt,
  lockCourse,
  storeBlobs,
  storedDocuments,
  storeVersion,
} from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import type { Tx } from "../db/index.ts";
import { exerciseTemplate, reportTemplate } from "./templates/exercise.ts";
import { lectureTemplate } from "./templates/lecture.ts";

export type NewDocument =
  | {
      readonly kind: "lecture";
      /** Two digits. */
      readonly number: string;
      /** What stands behind the number in the folder's name. */
      readonly slug: string;
      readonly title: string;
    }
  | {
      readonly kind: "exercise";
      readonly number: string;
      readonly slug: string;
      readonly title: string;
      /** The lecture's folder. */
      readonly lecture: string;
      /** Graded by people; undefined: by tests. */
      readonly isReport?: boolean;
    };

export type CreateOutcome =
  | { readonly kind: "created"; readonly documentId: string }
  /** Another document has that name; exercises have names of their own in the whole course. */
  | { readonly kind: "taken"; readonly path: string }
  | { readonly kind: "no-lecture" };

export async function createDocument(
  tx: Tx,
  request: { readonly courseId: string; readonly authorId: string; readonly document: NewDocument },
): Promise<CreateOutcome> {
  const { courseId, authorId, document } = request;
  await lockCourse(tx, courseId);
  const paths = [...(await storedDocuments(tx, courseId)).keys()];
  if (document.kind === "exercise" && !paths.includes(document.lecture)) {
    return { kind: "no-lecture" };
  }
  const { path, texts } = begun(document);
  const name = path.slice(path.lastIndexOf("/"));
  const taken = paths.find((one) => one === path || one.endsWith(`/exercises${name}`));
  if (taken !== undefined) return { kind: "taken", path: taken };
  const documentId = await documentAt(tx, courseId, path);
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const files = new Map<string, string>();
  for (const [file, text] of Object.entries(texts)) {
    const bytes = new TextEncoder().encode(text);
    files.set(file, hashOf(bytes));
    blobs.set(hashOf(bytes), bytes);
  }
  await storeBlobs(tx, blobs);
  const message = "Begun from the template";
  await storeVersion(tx, { documentId, files, origin: "site", message, authorId });
  return { kind: "created", documentId };
}

function begun(document: NewDocument) {
  const { number, slug: id, title } = document;
  if (document.kind === "exercise") {
    const path = `${document.lecture}/exercises/${id}`;
    const template = document.isReport ? reportTemplate : exerciseTemplate;
    return { path, texts: template({ number, id, title }) };
  }
  const slug = `${number}-${id}`;
  return { path: `lectures/${slug}`, texts: lectureTemplate({ number, slug, title }) };
}
