import { AT_SYMLINK_NOFOLLOW, O_DIRECTORY } from "../../include/uapi/fcntl.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { fail, options, readText, usage, writeAll } from "./io.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const STATFS_BYTES = 120;
const BLOCK = 512;
const UNITS = "BKMGTPE";

/** A size as `-h` shows it: at most three digits and a unit, rounded up. */
function human(bytes: number, base = 1024): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < UNITS.length - 1) {
    value /= base;
    unit++;
  }
  if (unit === 0) return String(value);
  const tenths = Math.ceil(value * 10 - 1e-9) / 10;
  if (tenths < 10) return `${tenths.toFixed(1)}${UNITS[unit]}`;
  const whole = Math.ceil(value - 1e-9);
  return whole < base ? `${whole}${UNITS[unit]}` : `1.0${UNITS[unit + 1]}`;
}

interface Space {
  readonly blocks: number;
  readonly free: number;
  readonly available: number;
  readonly size: number;
  readonly files: number;
  readonly filesFree: number;
}

interface MountRow {
  readonly source: string;
  readonly target: string;
  readonly type: string;
}

/** @linux include/uapi/asm-generic/statfs.h `struct statfs` (6.18) */
function* spaceOf(sys: Sys, path: string): SysCall<Space | number> {
  const bytes = new Uint8Array(STATFS_BYTES);
  const done = yield* sys.call("statfs", path, bytes);
  if (done < 0) return done;
  const view = new DataView(bytes.buffer);
  const at = (index: number) => Number(view.getBigUint64(index * 8, true));
  return {
    size: at(9) || at(1),
    blocks: at(2),
    free: at(3),
    available: at(4),
    files: at(5),
    filesFree: at(6),
  };
}

/** df [-ahikPT] [file]... */
export const df: Program = function* df(sys, argv) {
  const { flags, rest, wrong } = options(argv, "ahikPT");
  if (wrong !== undefined) return yield* usage(sys, "df", wrong);
  const mounts = yield* mountRows(sys);
  let status = 0;
  const chosen: MountRow[] = [];
  for (const path of rest) {
    const found = yield* mountOf(sys, mounts, path);
    if (typeof found === "number") status = yield* fail(sys, `df: ${path}`, found);
    else if (found !== undefined) chosen.push(found);
  }
  const seen = new Set<number>();
  const rows: string[][] = [];
  for (const row of rest.length > 0 ? chosen : mounts) {
    const space = yield* spaceOf(sys, row.target);
    if (typeof space === "number") {
      status = yield* fail(sys, `df: ${row.target}`, space);
      continue;
    }
    if (rest.length === 0 && !flags.has("a")) {
      const stat = yield* sys.stat(row.target);
      if (space.blocks === 0 || (typeof stat !== "number" && seen.has(stat.dev))) continue;
      if (typeof stat !== "number") seen.add(stat.dev);
    }
    rows.push(dfRow(row, space, flags));
  }
  if (rows.length === 0) {
    return status === 0 ? yield* fail(sys, "df: no file systems processed") : status;
  }
  yield* writeAll(sys, 1, aligned([dfHead(flags), ...rows], flags.has("T")));
  return status;
};

function dfHead(flags: ReadonlyMap<string, string>): string[] {
  const sizes = flags.has("i")
    ? ["Inodes", "IUsed", "IFree", "IUse%"]
    : flags.has("h")
      ? ["Size", "Used", "Avail", "Use%"]
      : flags.has("P")
        ? ["1024-blocks", "Used", "Available", "Capacity"]
        : ["1K-blocks", "Used", "Available", "Use%"];
  return ["Filesystem", ...(flags.has("T") ? ["Type"] : []), ...sizes, "Mounted on"];
}

function dfRow(row: MountRow, space: Space, flags: ReadonlyMap<string, string>): string[] {
  const { size, blocks, free, available, files, filesFree } = space;
  const isInodes = flags.has("i");
  const shown = (count: number) => {
    if (isInodes) return flags.has("h") ? human(count) : String(count);
    return flags.has("h") ? human(count * size) : String(Math.ceil((count * size) / 1024));
  };
  const total = isInodes ? files : blocks;
  const used = isInodes ? files - filesFree : blocks - free;
  const left = isInodes ? filesFree : available;
  const percent = used + left === 0 ? "-" : `${Math.ceil((used * 100) / (used + left))}%`;
  const type = flags.has("T") ? [row.type] : [];
  return [row.source, ...type, shown(total), shown(used), shown(left), percent, row.target];
}

/** Columns of at least the width that df gives them; the texts to the left, the numbers to the right. */
function aligned(rows: readonly (readonly string[])[], hasType: boolean): string {
  const least = [14, ...(hasType ? [4] : []), 5, 5, 5, 4, 0];
  const widths = least.map((width, i) => Math.max(width, ...rows.map((row) => row[i]!.length)));
  const isText = (i: number) => i === 0 || (hasType && i === 1);
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => {
        if (i === row.length - 1) return cell;
        return isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
      });
      return `${cells.join(" ")}\n`;
    })
    .join("");
}

function* mountRows(sys: Sys): SysCall<MountRow[]> {
  const text = (yield* readText(sys, "df", "/proc/self/mounts")) ?? "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [source = "", target = "", type = ""] = line.split(" ");
      return { source, target, type };
    });
}

/** The mount on which a file lies: the last one that has its device. */
function* mountOf(
  sys: Sys,
  mounts: readonly MountRow[],
  path: string,
): SysCall<MountRow | number | undefined> {
  const stat = yield* sys.stat(path);
  if (typeof stat === "number") return stat;
  let found: MountRow | undefined;
  for (const row of mounts) {
    const root = yield* sys.stat(row.target);
    if (typeof root !== "number" && root.dev === stat.dev) found ??= row;
  }
  return found;
}

interface Walk {
  readonly flags: ReadonlyMap<string, string>;
  readonly depth: number;
  /** Files with more than one name, which count once. */
  readonly seen: Set<string>;
  status: number;
  text: string;
}

/** du [-abchks] [-d depth] [file]... */
export const du: Program = function* du(sys, argv) {
  const { flags, rest, wrong } = options(argv, "abchkSsd:x");
  if (wrong !== undefined) return yield* usage(sys, "du", wrong);
  const depth = flags.has("s") ? 0 : Number(flags.get("d") ?? Number.POSITIVE_INFINITY);
  const walk: Walk = { flags, depth, seen: new Set(), status: 0, text: "" };
  let total = 0;
  for (const path of rest.length === 0 ? ["."] : rest) {
    total += yield* measure(sys, path, 0, walk);
    yield* writeAll(sys, 1, walk.text);
    walk.text = "";
  }
  if (flags.has("c")) yield* writeAll(sys, 1, `${amount(total, flags)}\ttotal\n`);
  return walk.status;
};

function amount(bytes: number, flags: ReadonlyMap<string, string>): string {
  if (flags.has("h")) return human(bytes);
  return String(flags.has("b") ? bytes : Math.ceil(bytes / 1024));
}

function* measure(sys: Sys, path: string, level: number, walk: Walk): SysCall {
  const { flags } = walk;
  const stat = yield* sys.stat(path, AT_SYMLINK_NOFOLLOW);
  if (typeof stat === "number") {
    walk.status = yield* fail(sys, `du: cannot access '${path}'`, stat);
    return 0;
  }
  const isDirectory = (stat.mode & S_IFMT) === S_IFDIR;
  const key = `${stat.dev}:${stat.ino}`;
  if (walk.seen.has(key)) return 0;
  if (isDirectory || stat.nlink > 1) walk.seen.add(key);
  let bytes = flags.has("b") ? stat.size : stat.blocks * BLOCK;
  let below = 0;
  if (isDirectory) {
    const fd = yield* sys.open(path, O_DIRECTORY);
    const entries = fd < 0 ? fd : yield* sys.readdir(fd);
    if (fd >= 0) yield* sys.close(fd);
    if (typeof entries === "number") {
      walk.status = yield* fail(sys, `du: cannot read directory '${path}'`, entries);
    } else {
      for (const entry of entries) {
        const child = `${path.replace(/(.)\/+$/, "$1").replace(/^\/$/, "")}/${entry}`;
        below += yield* measure(sys, child, level + 1, walk);
      }
    }
  }
  const shown = bytes + (flags.has("S") ? 0 : below);
  bytes += below;
  if (level <= walk.depth && (isDirectory || level === 0 || flags.has("a"))) {
    walk.text += `${amount(shown, flags)}\t${path}\n`;
  }
  return bytes;
}
