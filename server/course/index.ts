export {
  type CourseExercise,
  type ExerciseVersion,
  exerciseVersionOf,
  findExercise,
  readExercises,
} from "./exercise.ts";
export { CourseProblem } from "./located-yaml.ts";
