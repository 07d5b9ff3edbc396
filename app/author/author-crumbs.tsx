import { COURSE_TITLE } from "../course.ts";
import { authorOfCourse } from "./access.ts";
import { courseUrl } from "./urls.ts";

interface AuthorCrumbsProps {
  course: string;
  /** Whether the page is the course's list itself. */
  isList: boolean;
}

/** Where a page of authors stands; nothing of it for those who may not. */
export async function AuthorCrumbs({ course, isList }: AuthorCrumbsProps) {
  const author = await authorOfCourse(decodeURIComponent(course));
  return (
    <>
      <a href="/">{author?.course.title ?? COURSE_TITLE}</a>
      {author !== undefined && (
        <a href={courseUrl(author.course.slug)} aria-current={isList ? "page" : undefined}>
          Authoring
        </a>
      )}
    </>
  );
}
