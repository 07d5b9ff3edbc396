import type { Program } from "../program.ts";
import { missing } from "./files.ts";
import { fail, options, usage, writeAll } from "./io.ts";

/** The last name of a path, without slashes behind it. @spec basename(3) */
function lastName(path: string): string {
  const stripped = path.replace(/\/+$/, "");
  return stripped === "" ? path.slice(0, 1) : stripped.slice(stripped.lastIndexOf("/") + 1);
}

/** basename name [suffix], basename -a name..., basename -s suffix name... */
export const basename: Program = function* basename(sys, argv) {
  const { flags, rest, wrong } = options(argv, "+as:z");
  if (wrong !== undefined) return yield* usage(sys, "basename", wrong);
  if (rest.length === 0) return yield* missing(sys, "basename");
  const isMany = flags.has("a") || flags.has("s");
  if (!isMany && rest.length > 2) {
    return yield* fail(
      sys,
      `basename: extra operand '${rest[2]}'\nTry 'basename --help' for more information.`,
    );
  }
  const suffix = flags.get("s") ?? (isMany ? "" : (rest[1] ?? ""));
  const shown = (isMany ? rest : rest.slice(0, 1)).map((path) => {
    const name = lastName(path);
    const isCut = suffix !== "" && name !== suffix && name.endsWith(suffix) && name !== "/";
    return isCut ? name.slice(0, -suffix.length) : name;
  });
  yield* writeAll(sys, 1, shown.map((name) => name + (flags.has("z") ? "\0" : "\n")).join(""));
  return 0;
};

/** dirname name...: what is left of a path without its last name. */
export const dirname: Program = function* dirname(sys, argv) {
  const { flags, rest, wrong } = options(argv, "z");
  if (wrong !== undefined) return yield* usage(sys, "dirname", wrong);
  if (rest.length === 0) return yield* missing(sys, "dirname");
  const shown = rest.map((path) => {
    const stripped = path.replace(/\/+$/, "");
    if (stripped === "") return path === "" ? "." : "/";
    const at = stripped.lastIndexOf("/");
    return at < 0 ? "." : stripped.slice(0, at).replace(/\/+$/, "") || "/";
  });
  yield* writeAll(sys, 1, shown.map((name) => name + (flags.has("z") ? "\0" : "\n")).join(""));
  return 0;
};
