import { O_DIRECTORY } from "../../include/uapi/fcntl.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { matchesPattern } from "./pattern.ts";

/** The paths that match a pattern, sorted; none when it has nothing to match with, or nothing matches. */
export function* glob(sys: Sys, pattern: string): SysCall<string[]> {
  if (!isGlob(pattern)) return [];
  const isAbsolute = pattern.startsWith("/");
  let paths = [isAbsolute ? "/" : ""];
  const steps = pattern.split("/").filter((step) => step !== "");
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    const isLast = i === steps.length - 1 && !pattern.endsWith("/");
    const next: string[] = [];
    for (const path of paths) {
      const slash = isLast ? "" : "/";
      if (!isGlob(step)) {
        const name = path + step.replace(/\\(.)/g, "$1");
        if (typeof (yield* sys.stat(name)) !== "number") next.push(name + slash);
        continue;
      }
      for (const name of yield* names(sys, path)) {
        if (name.startsWith(".") !== step.startsWith(".")) continue;
        if (!matchesPattern(step, name)) continue;
        if (isLast || (yield* isDirectory(sys, path + name))) next.push(path + name + slash);
      }
    }
    paths = next;
  }
  return paths.sort();
}

function isGlob(pattern: string): boolean {
  return /[*?]|\[.+\]/.test(pattern.replace(/\\./g, ""));
}

function* names(sys: Sys, path: string): SysCall<readonly string[]> {
  const fd = yield* sys.open(path || ".", O_DIRECTORY);
  if (fd < 0) return [];
  const found = yield* sys.readdir(fd);
  yield* sys.close(fd);
  return typeof found === "number" ? [] : [...found].sort();
}

function* isDirectory(sys: Sys, path: string): SysCall<boolean> {
  const stat = yield* sys.stat(path);
  return typeof stat !== "number" && (stat.mode & 0o170000) === 0o040000;
}
