import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Those of the files that git could not bring back: changed since the last commit, or not git's. */
export async function uncommitted(folder: string, files: readonly string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const top = (await git(folder, ["rev-parse", "--show-toplevel"]))?.trimEnd();
  const status = await git(folder, [
    "status",
    "--porcelain",
    "-z",
    "-uall",
    "--ignored",
    "--",
    ".",
  ]);
  const tracked = await git(folder, ["ls-files", "-z", "--full-name", "--", "."]);
  if (top === undefined || status === undefined || tracked === undefined) return [...files];
  const known = new Set(tracked.split("\0"));
  const changed = new Set(status.split("\0").map((line) => line.slice(3)));
  return files.filter((file) => {
    const path = relative(top, join(realpathSync(folder), file))
      .split(sep)
      .join("/");
    return !known.has(path) || changed.has(path);
  });
}

/** undefined: there is no git, or the folder is not in one. No program of the repository is run. */
function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  const quiet = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];
  const options = { cwd: folder, timeout: 30_000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    execFile("git", [...quiet, ...args], options, (error, stdout) => {
      done(error === null ? stdout : undefined);
    });
  });
}
