import { COURSE_TITLE } from "../course.ts";

/** Where a page stands of which nothing more is said. */
export default function Crumbs() {
  return <a href="/">{COURSE_TITLE}</a>;
}
