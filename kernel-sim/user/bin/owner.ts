import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../include/uapi/fcntl.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { accountOf } from "./accounts.ts";
import { list, missing } from "./files.ts";
import { fail, options, usage } from "./io.ts";
import { names } from "./names.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const UNCHANGED = -1;

interface Wanted {
  readonly uid: number;
  readonly gid: number;
  readonly isRecursive: boolean;
  readonly isLink: boolean;
  readonly isVerbose: boolean;
  readonly isQuiet: boolean;
  readonly name: string;
}

/** chown [-Rhvf] owner[:[group]] file... */
export const chown: Program = function* chown(sys, argv) {
  return yield* changeOwners(sys, "chown", argv);
};

/** chgrp [-Rhvf] group file... */
export const chgrp: Program = function* chgrp(sys, argv) {
  return yield* changeOwners(sys, "chgrp", argv);
};

function* changeOwners(sys: Sys, name: string, argv: readonly string[]): SysCall {
  const { flags, rest, wrong } = options(argv, "RhvcfHLP");
  if (wrong !== undefined) return yield* usage(sys, name, wrong);
  const [spec, ...paths] = rest;
  if (spec === undefined) return yield* missing(sys, name);
  if (paths.length === 0) return yield* missing(sys, name, `operand after '${spec}'`);
  const ids = yield* idsOf(sys, name === "chgrp" ? `:${spec}` : spec);
  if (typeof ids === "string") {
    return yield* fail(sys, `${name}: invalid ${ids}: '${spec}'`);
  }
  const wanted: Wanted = {
    ...ids,
    isRecursive: flags.has("R"),
    isLink: flags.has("h") || flags.has("R"),
    isVerbose: flags.has("v"),
    isQuiet: flags.has("f"),
    name,
  };
  let status = 0;
  for (const path of paths) status = (yield* change(sys, path, wanted)) || status;
  return status;
}

/** A directory after what is in it, as fts(3) leaves it. */
function* change(sys: Sys, path: string, wanted: Wanted): SysCall {
  const { uid, gid, name, isQuiet } = wanted;
  const flag = wanted.isLink ? AT_SYMLINK_NOFOLLOW : 0;
  const stat = yield* sys.stat(path, flag);
  if (typeof stat === "number") {
    return isQuiet ? 1 : yield* fail(sys, `${name}: cannot access '${path}'`, stat);
  }
  let status = 0;
  if (wanted.isRecursive && (stat.mode & S_IFMT) === S_IFDIR) {
    for (const entry of yield* list(sys, path)) {
      status = (yield* change(sys, `${path.replace(/\/+$/, "")}/${entry}`, wanted)) || status;
    }
  }
  const done = yield* sys.call("fchownat", AT_FDCWD, path, uid, gid, flag);
  if (done < 0) {
    const what = uid === UNCHANGED ? "group" : "ownership";
    return isQuiet ? 1 : yield* fail(sys, `${name}: changing ${what} of '${path}'`, done);
  }
  if (wanted.isVerbose) yield* tell(sys, path, stat, wanted);
  return status;
}

function* tell(
  sys: Sys,
  path: string,
  before: { readonly uid: number; readonly gid: number },
  { uid, gid }: Wanted,
): SysCall {
  const users = yield* names(sys, "/etc/passwd");
  const groups = yield* names(sys, "/etc/group");
  const text = (user: number, group: number) =>
    [
      uid === UNCHANGED ? [] : [users.get(user) ?? String(user)],
      gid === UNCHANGED ? [] : [groups.get(group) ?? String(group)],
    ]
      .flat()
      .join(":");
  const what = uid === UNCHANGED ? "group" : "ownership";
  const isSame =
    (uid === UNCHANGED || uid === before.uid) && (gid === UNCHANGED || gid === before.gid);
  return yield* sys.write(
    1,
    isSame
      ? `${what} of '${path}' retained as ${text(uid, gid)}\n`
      : `changed ${what} of '${path}' from ${text(before.uid, before.gid)} to ${text(uid, gid)}\n`,
  );
}

/** `owner`, `owner:group`, `owner:` (the owner's own group) or `:group`, by names or numbers; else what is wrong. */
function* idsOf(
  sys: Sys,
  spec: string,
): SysCall<{ readonly uid: number; readonly gid: number } | "user" | "group"> {
  const at = spec.indexOf(":");
  const owner = at < 0 ? spec : spec.slice(0, at);
  const group = at < 0 ? "" : spec.slice(at + 1);
  const uid = owner === "" ? UNCHANGED : numberOf(yield* names(sys, "/etc/passwd"), owner);
  if (uid === undefined) return "user";
  if (at >= 0 && group === "" && owner !== "") {
    return { uid, gid: yield* loginGroup(sys, uid) };
  }
  const gid = group === "" ? UNCHANGED : numberOf(yield* names(sys, "/etc/group"), group);
  return gid === undefined ? "group" : { uid, gid };
}

function numberOf(known: ReadonlyMap<number, string>, text: string): number | undefined {
  for (const [id, name] of known) if (name === text) return id;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function* loginGroup(sys: Sys, uid: number): SysCall {
  const user = (yield* names(sys, "/etc/passwd")).get(uid);
  const account = user === undefined ? undefined : yield* accountOf(sys, user);
  return account?.gid ?? UNCHANGED;
}
