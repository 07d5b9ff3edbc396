import { currentViewer } from "#server/auth";
import { readTaskPicture } from "#server/course";
import { db } from "#server/db";
import { datedExercise } from "#server/queries";
import { pictureAnswer } from "../../../../lectures/[slug]/pictures/picture-answer.ts";
import { opensLater } from "../../../opens-later.ts";

/** A picture of what an exercise asks, as it is published; of one that is not open yet there is none. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ id: string; file: string }> },
): Promise<Response> {
  const { id, file } = await params;
  const viewer = await currentViewer();
  const dated = viewer && (await datedExercise(db(), { slug: id, userId: viewer.userId }));
  const isOpen = (await opensLater(id, Date.now(), dated)) === undefined;
  const picture = isOpen ? await readTaskPicture(id, file) : undefined;
  return pictureAnswer(picture, request, "private");
}
