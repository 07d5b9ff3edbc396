import type { FileStatus } from "../../api-kernel.ts";
import { AT_SYMLINK_NOFOLLOW, O_DIRECTORY } from "../../include/uapi/fcntl.ts";
import type { Program } from "../program.ts";
import { strerror } from "../strerror.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { formatTime } from "./calendar.ts";
import { fail, options, usage, writeAll } from "./io.ts";
import { modeText } from "./mode.ts";
import { names } from "./names.ts";

const HALF_YEAR_NS = 15_778_476e9;

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly stat: FileStatus;
}

/** ls [-ladinrtFRS1] [file]..., a name a line in the C locale's order. */
export const ls: Program = function* ls(sys, argv) {
  const { flags, rest, wrong } = options(argv, "laAdinrtFRSh1");
  if (wrong !== undefined) return yield* usage(sys, "ls", wrong, 2);
  const list = new Listing(sys, new Set(flags.keys()));
  yield* list.prepare();
  return yield* list.all(rest.length === 0 ? ["."] : [...rest].sort());
};

class Listing {
  readonly #sys: Sys;
  readonly #flags: ReadonlySet<string>;
  #users = new Map<number, string>();
  #groups = new Map<number, string>();
  #now = 0;

  constructor(sys: Sys, flags: ReadonlySet<string>) {
    this.#sys = sys;
    this.#flags = flags;
  }

  *prepare(): SysCall<void> {
    if (!this.#flags.has("l") && !this.#flags.has("n")) return;
    this.#now = yield* this.#sys.clock_gettime(0);
    if (this.#flags.has("n")) return;
    this.#users = yield* names(this.#sys, "/etc/passwd");
    this.#groups = yield* names(this.#sys, "/etc/group");
  }

  *all(paths: readonly string[]): SysCall {
    let status = 0;
    const files: Entry[] = [];
    const directories: string[] = [];
    for (const path of paths) {
      const isPlain = this.#flags.has("d") || this.#flags.has("l");
      let stat = yield* this.#sys.stat(path, isPlain ? AT_SYMLINK_NOFOLLOW : 0);
      if (typeof stat === "number") stat = yield* this.#sys.stat(path, AT_SYMLINK_NOFOLLOW);
      if (typeof stat === "number") {
        yield* fail(this.#sys, `ls: cannot access '${path}'`, stat);
        status = 2;
      } else if (!this.#flags.has("d") && (stat.mode & 0o170000) === 0o040000)
        directories.push(path);
      else files.push({ name: path, path, stat });
    }
    yield* this.#show(files);
    for (const [i, path] of directories.entries()) {
      const isTitled = paths.length > 1 || this.#flags.has("R");
      const gap = i > 0 || files.length > 0 ? "\n" : "";
      status = Math.max(status, yield* this.#directory(path, isTitled, gap));
    }
    return status;
  }

  *#directory(path: string, isTitled: boolean, gap: string): SysCall {
    const sys = this.#sys;
    const fd = yield* sys.open(path, O_DIRECTORY);
    const found = fd < 0 ? fd : yield* sys.readdir(fd);
    if (fd >= 0) yield* sys.close(fd);
    if (typeof found === "number") {
      yield* sys.write(2, `ls: cannot open directory '${path}': ${strerror(found)}\n`);
      return 2;
    }
    const shown = found.filter(
      (name) => !name.startsWith(".") || this.#flags.has("a") || this.#flags.has("A"),
    );
    if (this.#flags.has("a")) shown.push(".", "..");
    const entries: Entry[] = [];
    for (const name of shown.sort()) {
      const full = path.endsWith("/") ? path + name : `${path}/${name}`;
      const stat = yield* sys.stat(full, AT_SYMLINK_NOFOLLOW);
      if (typeof stat !== "number") entries.push({ name, path: full, stat });
    }
    if (isTitled) yield* sys.write(1, `${gap}${path}:\n`);
    if (this.#flags.has("l") || this.#flags.has("n")) {
      const blocks = entries.reduce((sum, { stat }) => sum + stat.blocks, 0);
      yield* sys.write(1, `total ${Math.ceil(blocks / 2)}\n`);
    }
    yield* this.#show(entries);
    if (!this.#flags.has("R")) return 0;
    for (const { name, path: inner, stat } of entries) {
      if ((stat.mode & 0o170000) === 0o040000 && name !== "." && name !== "..") {
        yield* this.#directory(inner, true, "\n");
      }
    }
    return 0;
  }

  *#show(entries: readonly Entry[]): SysCall<void> {
    const order = [...entries];
    if (this.#flags.has("t")) order.sort((a, b) => b.stat.mtimeNs - a.stat.mtimeNs);
    if (this.#flags.has("S")) order.sort((a, b) => b.stat.size - a.stat.size);
    if (this.#flags.has("r")) order.reverse();
    const rows: string[][] = [];
    for (const entry of order) rows.push(yield* this.#row(entry));
    const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
    const lines = rows.map((row) =>
      row.map((cell, i) => this.#cell(cell, i, row, widths)).join(" "),
    );
    yield* writeAll(this.#sys, 1, lines.map((line) => `${line}\n`).join(""));
  }

  #cell(cell: string, i: number, row: readonly string[], widths: readonly number[]): string {
    if (i === row.length - 1) return cell;
    const column = i - (this.#flags.has("i") ? 1 : 0);
    return column === 2 || column === 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
  }

  *#row({ name, path, stat }: Entry): SysCall<string[]> {
    const row: string[] = this.#flags.has("i") ? [String(stat.ino)] : [];
    const type = stat.mode & 0o170000;
    let shown = name;
    if (this.#flags.has("l") || this.#flags.has("n")) {
      const isDevice = type === 0o020000 || type === 0o060000;
      const age = this.#now - stat.mtimeNs;
      const isRecent = age >= 0 && age < HALF_YEAR_NS;
      row.push(
        modeText(stat.mode),
        String(stat.nlink),
        this.#users.get(stat.uid) ?? String(stat.uid),
        this.#groups.get(stat.gid) ?? String(stat.gid),
        isDevice ? `${stat.rdev >> 8}, ${stat.rdev & 0xff}` : String(stat.size),
        formatTime(isRecent ? "%b %e %H:%M" : "%b %e  %Y", stat.mtimeNs),
      );
      if (type === 0o120000) {
        const target = yield* this.#sys.readlink(path);
        if (typeof target === "string") shown += ` -> ${target}`;
      }
    }
    if (this.#flags.has("F")) {
      if (type === 0o040000) shown += "/";
      else if (type === 0o120000 && !this.#flags.has("l")) shown += "@";
      else if (type === 0o010000) shown += "|";
      else if (type === 0o100000 && (stat.mode & 0o111) !== 0) shown += "*";
    }
    row.push(shown);
    return row;
  }
}
