export { type Download, downloadCells, downloadNotebook } from "./download/download.ts";
export {
  type CourseExercise,
  type ExerciseVersion,
  exerciseVersionOf,
  findExercise,
  readExercises,
  soundExercises,
} from "./exercise.ts";
export { type CourseSheet, readExerciseSheet } from "./exercise-sheet.ts";
export { figureData } from "./figures/figure-data.ts";
export type { Task } from "./lecture.ts";
export {
  readLecture,
  readLecturePicture,
  readLectures,
  readTask,
  readTaskPicture,
} from "./lecture.ts";
export { CourseProblem } from "./located-yaml.ts";
export { searchCourse } from "./search.ts";
