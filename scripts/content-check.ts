/**
 * `npm run -s content:check` checks the whole course as the publish gate does, without a database.
 * With `--write` it stores what the cells leave behind. The last line counts; 1 with problems.
 */
import { checkCourse } from "#server/gate";
import { closeSandboxes } from "#server/grading";

const options = process.argv.slice(2);
if (options.some((option) => option !== "--write")) {
  console.error("usage: npm run -s content:check [-- --write]");
  process.exit(2);
}
const { lectures, exercises, problems } = await checkCourse({ write: options.includes("--write") });
closeSandboxes();
for (const problem of problems) console.log(problem);
console.log(`${lectures} lectures, ${exercises} exercises, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
