import { versionPicture } from "#server/authoring";
import { db } from "#server/db";
import { pictureAnswer } from "../../../../../../../lectures/[slug]/pictures/picture-answer.ts";
import { authorOfDocument } from "../../../../preview/author-of-document.ts";

interface PictureContext {
  params: Promise<{ course: string; document: string; number: string; file: string }>;
}

/** A picture as a version has it, for who compares versions. */
export async function GET(request: Request, { params }: PictureContext): Promise<Response> {
  const { course, document: id, number, file: name } = await params;
  const author = await authorOfDocument(course, id);
  if (author === undefined) return new Response("You do not write here.\n", { status: 403 });
  const wanted = Number(number);
  const key = {
    documentId: author.document.id,
    number: Number.isInteger(wanted) ? wanted : 0,
    name,
  };
  return pictureAnswer(await versionPicture(db(), key), request, "private");
}
