/**
 * `npm run -s content:import [-- FOLDER]` brings what a folder has changed into the site's database,
 * past the publish gate. What was changed on both sides is shown, and asked about.
 *
 * Ends with 0: done, or nothing to do; 1: the gate refuses, nothing was imported; 2: wrong arguments;
 * 3: undecided, or the site changed meanwhile: nothing was imported.
 */
import { existsSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
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
  const place = folderOf(named);
  if (!existsSync(place.folder) || !statSync(place.folder).isDirectory()) {
    return fail(`There is no folder ${place.folder}: name the one that holds lectures/.`);
  }
  return withCourse((courseId) => importCommand({ courseId, ...place, ...options }));
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
