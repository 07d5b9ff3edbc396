import { COURSE_TITLE } from "../course.ts";

export default function Crumbs() {
  return (
    <a href="/" aria-current="page">
      {COURSE_TITLE}
    </a>
  );
}
