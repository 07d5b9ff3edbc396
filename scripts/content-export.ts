/**
 * `npm run -s content:export [-- FOLDER]` brings a folder to what the site shows. What that would
 * overwrite, and neither the site nor git has, is shown and asked about.
 *
 * Ends with 0: done; 2: wrong arguments; 3: undecided, nothing was written.
 */
import { parseArgs } from "node:util";
import { ownGitCourse } from "../server/content/git/git-course.ts";
import { isSide } from "./content/decide.ts";
import { exportCommand } from "./content/export-command.ts";
import { folderOf, withCourse } from "./content/with-course.ts";

const USAGE = "usage: npm run -s content:export [-- [FOLDER] [--take folder|site] [--dry-run]]";

process.exitCode = await main();

async function main(): Promise<number> {
  const given = argumentsOf(process.argv.slice(2));
  if (given === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { named, ...options } = given;
  if (named === undefined && ownGitCourse() !== undefined) {
    console.error("COURSE_DIR names a git repository: name the folder of your clone.");
    return 2;
  }
  return withCourse((courseId) => exportCommand({ courseId, ...folderOf(named), ...options }));
}

function argumentsOf(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { "dry-run": { type: "boolean", default: false }, take: { type: "string" } },
    });
    const { take, "dry-run": isDryRun } = values;
    if (positionals.length > 1 || !isSide(take)) return undefined;
    return { named: positionals[0], take, isDryRun };
  } catch {
    return undefined;
  }
}
