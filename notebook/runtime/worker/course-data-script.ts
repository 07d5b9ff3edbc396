/** The course's data as a script of its own, which stands in front of the Worker's where a cell uses them. */
import { courseData } from "../course-data.ts";

Object.defineProperty(globalThis, "kernelbookCourseData", {
  value: courseData,
  configurable: true,
});
