import { fromUtf8 } from "../marshal.ts";
import type { Program } from "../program.ts";
import { fail, options, readPath, usage, writeAll } from "./io.ts";

const PASSWD = "/etc/passwd";
const SHELL_FIELD = 6;
const O_WRONLY_CREAT_EXCL = 0o301;
const X_OK = 1;

/**
 * chsh -s shell [user]: another login shell.
 *
 * @spec chsh(1)
 * @simplified for root only, and without a list of allowed shells.
 */
export const chsh: Program = function* chsh(sys, argv) {
  const { flags, rest, wrong } = options(argv, "s:");
  const shell = flags.get("s");
  const [user = "root"] = rest;
  if (wrong !== undefined || shell === undefined) return yield* usage(sys, "chsh", wrong ?? "s");
  if (!shell.startsWith("/")) {
    return yield* fail(sys, "chsh: shell must be a full path name");
  }
  const missing = yield* sys.call("access", shell, X_OK);
  if (missing < 0) return yield* fail(sys, `chsh: "${shell}"`, missing);
  const bytes = yield* readPath(sys, PASSWD);
  if (typeof bytes === "number") return yield* fail(sys, `chsh: ${PASSWD}`, bytes);
  const rows = fromUtf8(bytes)
    .split("\n")
    .map((line) => line.split(":"));
  const row = rows.find(([name]) => name === user);
  if (row === undefined) return yield* fail(sys, `chsh: user "${user}" does not exist`);
  row[SHELL_FIELD] = shell;
  // A new file in the place of the old one: nobody ever reads half of it.
  const next = `${PASSWD}+`;
  const fd = yield* sys.open(next, O_WRONLY_CREAT_EXCL, 0o644);
  if (fd < 0) return yield* fail(sys, `chsh: ${next}`, fd);
  yield* writeAll(sys, fd, rows.map((fields) => fields.join(":")).join("\n"));
  yield* sys.close(fd);
  const renamed = yield* sys.rename(next, PASSWD);
  return renamed < 0 ? yield* fail(sys, `chsh: ${PASSWD}`, renamed) : 0;
};
