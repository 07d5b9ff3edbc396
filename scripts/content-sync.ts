/**
 * `npm run -s content:sync [-- URL]` fetches the repository that `COURSE_DIR` names and brings what it
 * has changed into the site's database, past the publish gate. What was changed on both sides is shown,
 * and asked about. The site's own changes go the other way by `content:export -- CLONE`.
 *
 * Ends with 0: done, or nothing to do; 1: the gate refuses, nothing was imported; 2: wrong arguments, or
 * a repository that cannot be read; 3: undecided, or the site changed meanwhile: nothing was imported.
 */
import { parseArgs } from "node:util";
import {
  fetchCourse,
  type GitCourse,
  gitCourse,
  ownGitCourse,
} from "../server/content/git/git-course.ts";
import { GitProblem } from "../server/content/git/run-git.ts";
import { isSide } from "./content/decide.ts";
import { importCommand } from "./content/import-command.ts";
import { withCourse } from "./content/with-course.ts";

const USAGE =
  "usage: npm run -s content:sync [-- [URL#BRANCH:FOLDER] [--unchecked] [--take folder|site] [--dry-run]]";
const NO_REPOSITORY = "COURSE_DIR names no git repository: set it to one, or write its URL here.";

process.exitCode = await main();

async function main(): Promise<number> {
  const given = argumentsOf(process.argv.slice(2));
  if (given === undefined) return fail(USAGE);
  const { named, ...options } = given;
  try {
    const own = ownGitCourse();
    const course = named === undefined ? own : gitCourse(named);
    if (course === undefined) return fail(named === undefined ? NO_REPOSITORY : USAGE);
    const { commit, content } = await fetchCourse(course);
    console.log(`commit ${commit}`);
    const isElsewhere = !isSame(course, own);
    return await withCourse((courseId) =>
      importCommand({ courseId, content, isElsewhere, ...options }),
    );
  } catch (error) {
    if (error instanceof GitProblem) return fail(error.message);
    throw error;
  }
}

function isSame(a: GitCourse, b: GitCourse | undefined): boolean {
  return b !== undefined && a.url === b.url && a.ref === b.ref && a.below === b.below;
}

function argumentsOf(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        unchecked: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        take: { type: "string" },
      },
    });
    const { take, unchecked: isUnchecked, "dry-run": isDryRun } = values;
    if (positionals.length > 1 || !isSide(take)) return undefined;
    return { named: positionals[0], take, isUnchecked, isDryRun };
  } catch {
    return undefined;
  }
}

function fail(message: string): number {
  console.error(message);
  return 2;
}
