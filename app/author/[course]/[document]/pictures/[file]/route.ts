import { draftedPicture } from "#server/content/preview";
import { db } from "#server/db";
import { pictureAnswer } from "../../../../../lectures/[slug]/pictures/picture-answer.ts";
import { authorOfDocument } from "../../preview/author-of-document.ts";

/** A picture beside a lecture, as its author has it. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ course: string; document: string; file: string }> },
): Promise<Response> {
  const { course, document: id, file: name } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) return new Response("You do not write here.\n", { status: 403 });
  const { viewer, document } = author;
  const key = { documentId: document.id, userId: viewer.userId, name };
  return pictureAnswer(await draftedPicture(db(), key), request, "private");
}
