import { vocabularyOf } from "#server/content/preview";
import { db } from "#server/db";
import { authorOfDocument } from "../preview/author-of-document.ts";

/** What the editor of the document's text completes from. */
export async function GET(
  _request: Request,
  { params }: RouteContext<"/author/[course]/[document]/words">,
): Promise<Response> {
  const { course, document: id } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) {
    return Response.json({ problem: "You do not write in this course." }, { status: 403 });
  }
  const { viewer, document } = author;
  const words = await vocabularyOf(db(), document, viewer.userId);
  return Response.json(words, { headers: { "cache-control": "no-store" } });
}
