import { cache } from "react";
import { currentViewer } from "#server/auth";
import { type DraftedDocument, draftedDocument } from "#server/content/preview";
import { db } from "#server/db";
import { mayAuthor, type Viewer } from "#server/policies";

export interface AuthorOfDocument {
  readonly viewer: Viewer;
  readonly document: DraftedDocument;
}

/** Who asks, as one who may write this document; undefined when they may not, or there is none. */
export const authorOfDocument = cache(
  async (course: string, documentId: string): Promise<AuthorOfDocument | undefined> => {
    const viewer = await currentViewer();
    if (viewer === undefined) return undefined;
    const document = await draftedDocument(db(), decodeURIComponent(course), documentId);
    if (document === undefined || mayAuthor(viewer, document.courseId).kind === "denied") {
      return undefined;
    }
    return { viewer, document };
  },
);
