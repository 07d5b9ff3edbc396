import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

interface LockedPackage {
  readonly optionalDependencies?: Record<string, string>;
}

test("package-lock.json names every optional package, those for other machines too", () => {
  // A registry without some platform's build makes `npm install` drop it, and `npm ci` of npm 11
  // then refuses the lock file. Put the entries back from the previous version of the file.
  const file = join(import.meta.dirname, "../package-lock.json");
  const locked: Record<string, LockedPackage> = JSON.parse(readFileSync(file, "utf8")).packages;
  const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(locked, path, name))
      .map((name) => `${name} (of ${path || "Kernelbook"})`),
  );
  expect(missing).toEqual([]);
});

/** As Node looks a package up: beside the one that asks, then in every folder above. */
function isLocked(locked: Record<string, LockedPackage>, path: string, name: string): boolean {
  if (`${path === "" ? "" : `${path}/`}node_modules/${name}` in locked) return true;
  if (path === "") return false;
  return isLocked(locked, path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/"))), name);
}
