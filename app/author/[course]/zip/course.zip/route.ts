import { courseZip } from "#server/authoring";
import { db } from "#server/db";
import { authorOfCourse } from "../../../access.ts";

/** All files of the course as they are published, for those who write in it. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ course: string }> },
): Promise<Response> {
  const { course: slug } = await params;
  const author = await authorOfCourse(slug);
  if (author === undefined) {
    return new Response("You do not write in this course.\n", { status: 403 });
  }
  const name = author.course.slug.replace(/[^\w-]/g, "");
  return new Response(await courseZip(db(), author.course.id), {
    headers: {
      "content-type": "application/zip",
      "content-disposition": `attachment; filename="${name}.zip"`,
      "cache-control": "private, no-store",
    },
  });
}
