/** The course's data as a script of its own, which stands in front of the Worker's where a cell uses them. */
import { courseData } from "../course-data.ts";

const property = { value: courseData, configurable: true };
Object.defineProperty(globalThis, "kernelbook:course-data", property);
