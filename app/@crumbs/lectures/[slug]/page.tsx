import { readLecture } from "#server/course";
import { COURSE_TITLE } from "../../../course.ts";
import { shortTitle } from "../../../lectures/title.ts";

export default async function Crumbs({ params }: PageProps<"/lectures/[slug]">) {
  const { slug } = await params;
  const lecture = await readLecture(slug);
  return (
    <>
      <a href="/">{COURSE_TITLE}</a>
      {lecture !== undefined && (
        <a href={`/lectures/${slug}`} aria-current="page">
          {shortTitle(lecture.frontMatter)}
        </a>
      )}
    </>
  );
}
