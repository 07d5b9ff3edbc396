import { fromUtf8 } from "../marshal.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { type Account, accountOf, groupsOf } from "./accounts.ts";
import { fail, options, usage } from "./io.ts";

const TTY_GID = 5;
const TRIES = 3;
const LINE_BYTES = 256;
const UTS_FIELD = 65;

/**
 * login [-f] [user]: asks who is there, and becomes this user's shell in this user's home.
 *
 * @spec login(1)
 * @simplified nobody has a password.
 */
export const login: Program = function* login(sys, argv, env) {
  const { rest, wrong } = options(argv, "fp");
  if (wrong !== undefined) return yield* usage(sys, "login", wrong);
  let [name] = rest;
  for (let tries = 0; tries < TRIES; tries++) {
    name ??= yield* askName(sys);
    if (name === undefined) return 1;
    const account = yield* accountOf(sys, name);
    if (account !== undefined) return yield* become(sys, account, env["TERM"] ?? "linux");
    yield* sys.write(1, "\nLogin incorrect\n");
    name = undefined;
  }
  return 1;
};

/** A name that is not empty; undefined at the end of the input. */
function* askName(sys: Sys): SysCall<string | undefined> {
  for (;;) {
    yield* sys.write(1, `${yield* hostName(sys)} login: `);
    const line = yield* sys.read(0, LINE_BYTES);
    if (typeof line === "number" || line.length === 0) return undefined;
    const name = fromUtf8(line).trim();
    if (name !== "") return name;
  }
}

/** What uname(2) calls this machine. */
export function* hostName(sys: Sys): SysCall<string> {
  const bytes = new Uint8Array(6 * UTS_FIELD);
  yield* sys.call("uname", bytes);
  const field = bytes.subarray(UTS_FIELD, 2 * UTS_FIELD);
  return fromUtf8(field.subarray(0, field.indexOf(0)));
}

/** First the terminal, then groups and ids, and last the program: after that nothing is allowed any more. */
function* become(sys: Sys, account: Account, term: string): SysCall {
  const { name, uid, gid, home, shell } = account;
  yield* sys.call("fchown", 0, uid, TTY_GID);
  yield* sys.call("fchmod", 0, 0o620);
  const groups = Uint32Array.from(yield* groupsOf(sys, account));
  yield* sys.call("setgroups", groups.length, new Uint8Array(groups.buffer));
  yield* sys.call("setgid", gid);
  const refused = yield* sys.call("setuid", uid);
  if (refused < 0) return yield* fail(sys, "login: setuid", refused);
  let cwd = home;
  if ((yield* sys.chdir(home)) < 0) {
    yield* sys.write(1, `No directory, logging in with HOME=/\n`);
    cwd = "/";
    yield* sys.chdir("/");
  }
  const env = {
    HOME: cwd,
    LOGNAME: name,
    PATH: "/usr/bin:/bin",
    SHELL: shell,
    TERM: term,
    USER: name,
  };
  const base = shell.slice(shell.lastIndexOf("/") + 1);
  const error = yield* sys.execve(shell, [`-${base}`], env);
  return yield* fail(sys, `login: ${shell}`, error);
}
