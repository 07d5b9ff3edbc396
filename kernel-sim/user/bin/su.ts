import type { Program } from "../program.ts";
import { accountOf, groupsOf } from "./accounts.ts";
import { fail, options, usage } from "./io.ts";

/**
 * su [-] [-lmp] [-c command] [-s shell] [user [argument]...]: a shell of another user.
 *
 * @spec su(1)
 * @simplified nobody has a password, and the program is not set-user-ID: whoever may not change its ids is refused
 * by the kernel. It becomes the shell, and starts no session for it.
 */
export const su: Program = function* su(sys, argv, given) {
  const { flags, rest, wrong } = options(argv, "+lmpfc:s:");
  if (wrong !== undefined) return yield* usage(sys, "su", wrong);
  const isLogin = flags.has("l") || rest[0] === "-";
  // Options may follow the dash, and the name.
  const behind = options(["su", ...(rest[0] === "-" ? rest.slice(1) : rest)], "lmpfc:s:");
  const value = (letter: string) => flags.get(letter) ?? behind.flags.get(letter);
  const [name = "root", ...args] = behind.rest;
  const account = yield* accountOf(sys, name);
  if (account === undefined) {
    return yield* fail(
      sys,
      `su: user ${name} does not exist or the user entry does not contain all the required fields`,
    );
  }
  const groups = Uint32Array.from(yield* groupsOf(sys, account));
  const steps = [
    ["set groups", yield* sys.call("setgroups", groups.length, new Uint8Array(groups.buffer))],
    ["set group id", yield* sys.call("setgid", account.gid)],
    ["set user id", yield* sys.call("setuid", account.uid)],
  ] as const;
  for (const [what, done] of steps) {
    if (done < 0) return yield* fail(sys, `su: cannot ${what}`, done);
  }
  const isKept = [..."mp"].some((letter) => flags.has(letter) || behind.flags.has(letter));
  const shell = value("s") ?? account.shell;
  const own = { HOME: account.home, SHELL: shell };
  const user = { USER: name, LOGNAME: name };
  let env: Record<string, string> = { ...given };
  if (isLogin) {
    env = { TERM: given["TERM"] ?? "linux", ...own, ...user, PATH: "/usr/bin:/bin" };
    if ((yield* sys.chdir(account.home)) < 0) {
      yield* sys.write(2, `su: warning: cannot change directory to ${account.home}\n`);
    }
  } else if (!isKept) env = { ...env, ...own, ...(account.uid === 0 ? {} : user) };
  const command = value("c");
  const base = shell.slice(shell.lastIndexOf("/") + 1);
  const words = [
    isLogin ? `-${base}` : base,
    ...(command === undefined ? [] : ["-c", command]),
    ...args,
  ];
  const failed = yield* sys.execve(shell, words, env);
  yield* fail(sys, `su: failed to execute ${shell}`, failed);
  return failed === -2 ? 127 : 126;
};
