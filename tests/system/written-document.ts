import { db } from "../../server/db/client.ts";

/** Where one of the course's lectures is written: `/author/<course>/<document>`. */
export async function writtenLecture(): Promise<string> {
  const { id, course } = await db().contentDocument.findFirstOrThrow({
    where: { kind: "lecture" },
    select: { id: true, course: { select: { slug: true } } },
  });
  return `/author/${course.slug}/${id}`;
}
