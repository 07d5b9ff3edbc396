import type { Program } from "../program.ts";
import { missing } from "./files.ts";
import { fail, options, usage } from "./io.ts";
import { changedMode } from "./mode.ts";

const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const MINOR_BITS = 8;

/** unlink file: the call, and nothing else. */
export const unlink: Program = function* unlink(sys, argv) {
  const { rest, wrong } = options(argv, "");
  if (wrong !== undefined) return yield* usage(sys, "unlink", wrong);
  const [path, extra] = rest;
  if (path === undefined) return yield* missing(sys, "unlink");
  if (extra !== undefined) {
    return yield* fail(
      sys,
      `unlink: extra operand '${extra}'\nTry 'unlink --help' for more information.`,
    );
  }
  const done = yield* sys.unlink(path);
  return done < 0 ? yield* fail(sys, `unlink: cannot unlink '${path}'`, done) : 0;
};

/** mknod [-m mode] name {p | {b | c | u} major minor} */
export const mknod: Program = function* mknod(sys, argv) {
  const { flags, rest, wrong } = options(argv, "m:");
  if (wrong !== undefined) return yield* usage(sys, "mknod", wrong);
  const [path, kind = "", major, minor] = rest;
  const help = "Try 'mknod --help' for more information.";
  const wanted = kind.startsWith("p") ? 2 : 4;
  if (path === undefined) return yield* missing(sys, "mknod");
  if (rest.length < Math.max(2, wanted)) {
    const numbers =
      rest.length === 2 ? "\nSpecial files require major and minor device numbers." : "";
    return yield* fail(sys, `mknod: missing operand after '${rest.at(-1)}'${numbers}\n${help}`);
  }
  if (rest.length > wanted) {
    const numbers =
      wanted === 2 && rest.length === 4
        ? "\nFifos do not have major and minor device numbers."
        : "";
    return yield* fail(sys, `mknod: extra operand '${rest[wanted]}'${numbers}\n${help}`);
  }
  const type = { p: S_IFIFO, c: S_IFCHR, u: S_IFCHR, b: S_IFBLK }[kind[0] ?? ""];
  if (type === undefined) {
    return yield* fail(sys, `mknod: invalid device type '${kind}'\n${help}`);
  }
  let device = 0;
  if (type !== S_IFIFO) {
    for (const [what, text] of [
      ["major", major!],
      ["minor", minor!],
    ] as const) {
      if (!/^(?:\d+|0x[\da-f]+)$/i.test(text)) {
        return yield* fail(sys, `mknod: invalid ${what} device number '${text}'`);
      }
    }
    const low = Number(minor);
    device = (low & 0xff) | (Number(major) << MINOR_BITS) | ((low & ~0xff) << 12);
  }
  const given = flags.get("m");
  const mode = given === undefined ? 0o666 : changedMode(given, 0o666, 0);
  if (mode === undefined) return yield* fail(sys, "mknod: invalid mode");
  const done = yield* sys.call("mknod", path, type | mode, device);
  if (done < 0) return yield* fail(sys, `mknod: ${path}`, done);
  if (given !== undefined) yield* sys.chmod(path, mode);
  return 0;
};
