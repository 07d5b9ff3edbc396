export {
  type CourseExercise,
  courseFolder,
  type ExerciseVersion,
  exerciseVersionOf,
  findExercise,
  readExercise,
  readExercises,
} from "./exercise.ts";
export { CourseProblem } from "./located-yaml.ts";
