/**
 * `npm run -s grade -- EXERCISE FILE` grades a file as the server would, in the real sandboxes and
 * without a database. EXERCISE is an id or a number. The last line is one JSON object.
 */
import { readFileSync } from "node:fs";
import { CourseProblem, exerciseVersionOf, findExercise } from "#server/course";
import { closeSandboxes, gradeSource, studentSeed } from "#server/grading";

const [name, file] = process.argv.slice(2);
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CourseProblem)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  if (name === undefined || file === undefined) {
    console.error("usage: npm run -s grade -- EXERCISE FILE");
    return 2;
  }
  const found = findExercise(name);
  if (found === undefined) {
    console.error(`there is no exercise ${name}: write its id or its number, such as E11.1`);
    return 2;
  }
  const source = readFileSync(file, "utf8");
  const exercise = await exerciseVersionOf(found.folder);
  // As for a student, one seed is nobody else's.
  const seeds = [studentSeed("npm run grade", file, exercise.hash)];
  const { status, score, max, tests, message, ms } = await gradeSource({ exercise, source, seeds });
  closeSandboxes();
  if (message !== undefined) console.error(message);
  for (const { id, feedback } of tests)
    if (feedback !== undefined) console.error(`${id}: ${feedback}`);
  const rows = tests.map(({ id, kind, points, max: most }) => ({
    id,
    passed: kind === "passed",
    points,
    max: most,
  }));
  console.log(JSON.stringify({ status, score, max, tests: rows, ms }));
  return 0;
}
