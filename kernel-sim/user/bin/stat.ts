import { AT_SYMLINK_NOFOLLOW } from "../../include/uapi/fcntl.ts";
import type { Program } from "../program.ts";
import { formatTime } from "./calendar.ts";
import { fail, options, usage } from "./io.ts";
import { modeText } from "./mode.ts";
import { names } from "./names.ts";

const KINDS: ReadonlyMap<number, string> = new Map([
  [0o010000, "fifo"],
  [0o020000, "character special file"],
  [0o040000, "directory"],
  [0o060000, "block special file"],
  [0o100000, "regular file"],
  [0o120000, "symbolic link"],
  [0o140000, "socket"],
]);

/** stat [-L] [-c format] file... */
export const stat: Program = function* stat(sys, argv) {
  const { flags, rest, wrong } = options(argv, "Lc:");
  if (wrong !== undefined) return yield* usage(sys, "stat", wrong);
  if (rest.length === 0) {
    return yield* fail(sys, "stat: missing operand\nTry 'stat --help' for more information.");
  }
  const users = yield* names(sys, "/etc/passwd");
  const groups = yield* names(sys, "/etc/group");
  let status = 0;
  for (const path of rest) {
    const found = yield* sys.stat(path, flags.has("L") ? 0 : AT_SYMLINK_NOFOLLOW);
    if (typeof found === "number") {
      status = yield* fail(sys, `stat: cannot statx '${path}'`, found);
      continue;
    }
    const { mode, size, blocks, nlink, uid, gid, ino, dev, mtimeNs, rdev } = found;
    const type = mode & 0o170000;
    const kind =
      type === 0o100000 && size === 0 ? "regular empty file" : (KINDS.get(type) ?? "unknown");
    const target = type === 0o120000 ? yield* sys.readlink(path) : undefined;
    const quoted = typeof target === "string" ? `'${path}' -> '${target}'` : `'${path}'`;
    const octal = (mode & 0o7777).toString(8);
    const fields: Readonly<Record<string, string>> = {
      n: path,
      N: quoted,
      s: String(size),
      b: String(blocks),
      B: "512",
      o: "4096",
      a: octal,
      A: modeText(mode),
      f: mode.toString(16),
      F: kind,
      h: String(nlink),
      i: String(ino),
      d: String(dev),
      D: dev.toString(16),
      u: String(uid),
      U: users.get(uid) ?? "UNKNOWN",
      g: String(gid),
      G: groups.get(gid) ?? "UNKNOWN",
      t: (rdev >> 8).toString(16),
      T: (rdev & 0xff).toString(16),
      Y: String(Math.floor(mtimeNs / 1e9)),
      y: formatTime("%F %T.%N +0000", mtimeNs),
      "%": "%",
    };
    const fill = (format: string) =>
      format.replace(/%(.)/g, (all, letter: string) => fields[letter] ?? all);
    const given = flags.get("c");
    if (given !== undefined) {
      yield* sys.write(1, `${fill(given)}\n`);
      continue;
    }
    const owner = (id: number, name: string) => `${String(id).padStart(5)}/${name.padStart(8)}`;
    const shown = typeof target === "string" ? `${path} -> ${target}` : path;
    yield* sys.write(
      1,
      `  File: ${shown}\n` +
        `  Size: ${String(size).padEnd(10)}\tBlocks: ${String(blocks).padEnd(10)} IO Block: 4096   ${kind}\n` +
        `Device: ${dev >> 8},${dev & 0xff}\tInode: ${String(ino).padEnd(11)} Links: ${nlink}\n` +
        `Access: (${octal.padStart(4, "0")}/${modeText(mode)})  Uid: (${owner(uid, fields["U"]!)})   Gid: (${owner(gid, fields["G"]!)})\n` +
        fill("Modify: %y\n"),
    );
  }
  return status;
};
