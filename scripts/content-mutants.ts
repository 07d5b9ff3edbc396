/**
 * `npm run -s content:mutants [-- EXERCISE...]` tries small mistakes in the solutions and prints those
 * that get all points, or with which grading fails. The last line counts; 1 when less than 85 % are noticed.
 */
import { findExercise, readExercises } from "#server/course";
import { mutationReport } from "#server/gate";
import { closeSandboxes } from "#server/grading";

const SHARE_MIN = 0.85;

const names = process.argv.slice(2);
const exercises = names.length === 0 ? readExercises() : names.map(named);
let [tried, killed] = [0, 0];
for (const { manifest, folder } of exercises) {
  const report = await mutationReport(folder);
  tried += report.tried;
  killed += report.killed;
  console.log(`${manifest.number} ${manifest.id}: ${report.killed} of ${report.tried}`);
  for (const { line, what } of report.survivors) console.log(`  solution.ts:${line}: ${what}`);
  for (const { line, what } of report.unjudged) {
    console.log(`  solution.ts:${line}: ${what}: grading has failed, so it counts for nothing`);
  }
}
closeSandboxes();
console.log(`${killed} of ${tried} mutants killed, ${((100 * killed) / tried).toFixed(1)} %`);
process.exitCode = killed < tried * SHARE_MIN ? 1 : 0;

function named(name: string) {
  const exercise = findExercise(name);
  if (exercise !== undefined) return exercise;
  console.error(`there is no exercise ${name}: write its id or number, as E11.1`);
  process.exit(2);
}
