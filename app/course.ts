/** What the course is called on its pages. */
export const COURSE_TITLE = "How Linux works";
