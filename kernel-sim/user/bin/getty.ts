import { O_RDWR } from "../../include/uapi/fcntl.ts";
import { TIOCSCTTY } from "../../include/uapi/ioctls.ts";
import type { Program } from "../program.ts";
import { fail, options, usage } from "./io.ts";
import { hostName } from "./login.ts";

/**
 * getty [-a user] tty: opens a terminal, which controls the session that begins here, and becomes login.
 *
 * @spec agetty(8)
 */
export const getty: Program = function* getty(sys, argv, env) {
  const { flags, rest, wrong } = options(argv, "a:");
  const [tty] = rest;
  if (wrong !== undefined || tty === undefined) return yield* usage(sys, "getty", wrong ?? "tty");
  for (const fd of [0, 1, 2]) yield* sys.close(fd);
  yield* sys.setsid();
  const path = `/dev/${tty}`;
  const fd = yield* sys.open(path, O_RDWR);
  if (fd < 0) return 1;
  // After an earlier session it may not have become ours by itself.
  yield* sys.ioctl(fd, TIOCSCTTY, 1);
  yield* sys.dup2(0, 1);
  yield* sys.dup2(0, 2);
  const user = flags.get("a");
  const argument = user === undefined ? [] : ["-f", user];
  if (user !== undefined) {
    yield* sys.write(1, `${yield* hostName(sys)} login: ${user} (automatic login)\n`);
  }
  const error = yield* sys.execve("/bin/login", ["login", ...argument], env);
  return yield* fail(sys, "getty: /bin/login", error);
};
