import { readLecturePicture } from "#server/course";
import { pictureAnswer } from "../picture-answer.ts";

/** A picture beside a lecture, as it is published. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ slug: string; file: string }> },
): Promise<Response> {
  const { slug, file } = await params;
  return pictureAnswer(await readLecturePicture(slug, file), request, "public");
}
