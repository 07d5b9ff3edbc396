import * as z from "zod";
import { draftNews } from "#server/authoring";
import { db } from "#server/db";
import { authorOfDocument } from "../preview/author-of-document.ts";

const Since = z.coerce.number().int().min(0);

/** Whether the viewer's draft was saved elsewhere: `?since=` is the revision that an editor has. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ course: string; document: string }> },
): Promise<Response> {
  const { course, document: id } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) {
    return Response.json({ problem: "You do not write in this course." }, { status: 403 });
  }
  const since = Since.safeParse(new URL(request.url).searchParams.get("since"));
  if (!since.success) return Response.json({ problem: "Say since when." }, { status: 400 });
  const { viewer, document } = author;
  const key = { documentId: document.id, userId: viewer.userId };
  const news = await draftNews(db(), key, since.data);
  return Response.json(news, { headers: { "cache-control": "no-store" } });
}
