/**
 * `npm run -s content:import [-- FOLDER]` brings what a folder has changed into the site's database,
 * past the publish gate. What was changed on both sides is shown, and asked about.
 *
 * Ends with 0: done, or nothing to do; 1: the gate refuses, nothing was imported; 2: wrong arguments;
 * 3: undecided, or the site changed meanwhile: nothing was imported.
 */
import { existsSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { readFolder } from "../server/content/folder.ts";
import { ownGitCourse } from "../server/content/git/git-course.ts";
import { isSide } from "./content/decide.ts";
import { importCommand } from "./content/import-command.ts";
import { folderOf, withCourse } from "./content/with-course.ts";

const USAGE =
  "usage: npm run -s content:import [-- [FOLDER] [--unchecked] [--take folder|site] [--dry-run]]";

process.exitCode = await main();

async function main(): Promise<number> {
  const given = argumentsOf(process.argv.slice(2));
  if (given === undefined) return fail(USAGE);
  const { named, ...options } = given;
  if (named === undefined && ownGitCourse() !== undefined) {
    return fail(
      "COURSE_DIR names a git repository: run `npm run -s content:sync`, or name a folder.",
    );
  }
  const { folder, isElsewhere } = folderOf(named);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    return fail(`There is no folder ${folder}: name the one that holds lectures/.`);
  }
  return withCourse((courseId) => {
    const content = readFolder(folder);
    return importCommand({ courseId, content, isElsewhere, ...options });
  });
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
