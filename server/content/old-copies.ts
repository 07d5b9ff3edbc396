/** Copies of courses that nobody reads any more, and what a killed process has left beside them. */
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../config.ts";
import { log } from "../operation/log.ts";
import { publishedFolder } from "./served.ts";

const LOOK_MS = 3600_000;
/** Of two processes the second one may begin to read what the first has laid out: hours, not seconds. */
const UNUSED_MS_MAX = 24 * LOOK_MS;

/** Removes them now and every hour, as long as the process lives; answers what ends it. */
export async function removeOldCopies(): Promise<() => Promise<void>> {
  const look = () => {
    try {
      removeUnused(join(checkout(), "node_modules/.cache/kernelbook"), Date.now());
    } catch (error) {
      log.warn({ err: error }, "old copies of courses cannot be removed");
    }
  };
  look();
  const timer = setInterval(look, LOOK_MS).unref();
  return async () => clearInterval(timer);
}

/** Whatever below `cache` was not used for a day; what this process reads is used now. */
export function removeUnused(cache: string, now: number): void {
  const served = publishedFolder();
  if (served !== undefined && existsSync(served)) utimesSync(served, now / 1000, now / 1000);
  const copies = [...foldersIn(join(cache, "courses")), ...foldersIn(join(cache, "drafts"))];
  const compiled = foldersIn(cache).filter((folder) =>
    folder.startsWith(join(cache, "contracts-")),
  );
  for (const folder of [...copies, ...compiled]) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined || now - stat.mtimeMs <= UNUSED_MS_MAX) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
